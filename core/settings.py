"""Typed settings from the environment or `zhongshu.toml`; the environment wins.

Names are the contract of docs/settings.md: `ZHONGSHU_` + the field's name in capitals. A platform is on
when its id is set.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """Everything an operator can set; defaults run the embedded product on loopback."""

    model_config = SettingsConfigDict(env_prefix="ZHONGSHU_", toml_file="zhongshu.toml", extra="ignore")

    database_url: str = "sqlite:///data/zhongshu.db"
    listen: str = "127.0.0.1:8080"
    public_url: str = ""
    trusted_proxy: str = ""
    master_key_file: Path = Path("data/master.key")
    timezone: str = "Asia/Shanghai"
    log_level: str = "INFO"
    company: str = "我的公司"
    sweep_cron: str = Field(default="0 9 * * *", description="when absence rules are swept")

    outward_allow: str = Field(default="", description="internal systems that rules and flows may call")

    mail_host: str = ""
    mail_port: int = Field(default=465, ge=1, le=65535)
    mail_tls: Literal["tls", "starttls", "none"] = "tls"
    mail_user: str = ""
    mail_password: SecretStr = SecretStr("")
    mail_from: str = ""

    sms_url: str = ""
    sms_key: SecretStr = SecretStr("")
    sms_template: str = ""

    dingtalk_client_id: str = ""
    dingtalk_client_secret: SecretStr = SecretStr("")
    dingtalk_robot_code: str = ""
    dingtalk_corp_id: str = ""
    dingtalk_form_template: str = ""
    dingtalk_task_template: str = ""
    dingtalk_api_base: str = "https://api.dingtalk.com"
    dingtalk_oapi_base: str = "https://oapi.dingtalk.com"
    dingtalk_login_base: str = "https://login.dingtalk.com"

    wecom_corp_id: str = ""
    wecom_agent_id: int = 0
    wecom_secret: SecretStr = SecretStr("")
    wecom_token: SecretStr = SecretStr("")
    wecom_aes_key: SecretStr = SecretStr("")
    wecom_api_base: str = "https://qyapi.weixin.qq.com"
    wecom_login_base: str = "https://open.weixin.qq.com"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def base_url(self) -> str:
        """The address under which people reach this server, without a slash at the end."""
        return (self.public_url or f"http://{self.listen}").rstrip("/")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host or "127.0.0.1", int(port)
