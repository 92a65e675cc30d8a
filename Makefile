# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
PY ?= python3
V := .venv
BIN := $(V)/bin
WEB := $(shell find admin/web -name node_modules -prune -o -type f -print)

.PHONY: demo serve test lint bench bench-quick crash web clean-demo

$(V)/.installed: pyproject.toml requirements.lock
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新：make PY=python3.11 …"; exit 1; }
	@test -x $(BIN)/python || { echo "建立虚拟环境……"; $(PY) -m venv $(V); }
	@echo "安装依赖（首次约一分钟）……"
	@$(BIN)/pip install -q --disable-pip-version-check -c requirements.lock -e .
	@touch $@

$(V)/.installed-test: $(V)/.installed
	@echo "安装测试依赖……"
	@$(BIN)/pip install -q --disable-pip-version-check -c requirements.lock -e '.[test]'
	@touch $@

admin/static/index.html: $(WEB) build_web.py $(V)/.installed
	@$(BIN)/python -c 'import sys, build_web; sys.exit(not build_web.node_ok())' || { \
	  echo "没有合适的 node，改用 PyPI 里的……"; $(BIN)/pip install -q --disable-pip-version-check -e '.[web]'; }
	@echo "构建页面……"
	@$(BIN)/python build_web.py
	@touch $@

web: admin/static/index.html

demo: admin/static/index.html
	@$(BIN)/python -m bot --log text demo

clean-demo:
	rm -rf data/demo

serve: admin/static/index.html
	@$(BIN)/python -m bot serve

test: admin/static/index.html $(V)/.installed-test
	$(BIN)/python -m pytest

lint: $(V)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(V)/.installed-test
	$(BIN)/python -m bench

crash: admin/static/index.html $(V)/.installed-test
	$(BIN)/python -m bench.crash
