"""A form with every kind of field, for the pages."""

SUPPLIER = """
form: gallery_supplier
title: 供应商
number: GYS-{seq:4}
summary: "{名称}"
fields:
  - {key: name, label: 名称, type: text, required: true, max: 60}
  - {key: grade, label: 等级, type: select, options: [A, B, C]}
  - {key: tel, label: 电话, type: phone}
"""

GALLERY = """
form: gallery
title: 供应商准入
number: ZR-{seq:5}
summary: "{名称}"
fields:
  - {key: basics, label: 基本资料, type: section, help: 与营业执照一致}
  - {key: name, label: 名称, type: text, required: true, max: 60, default: {url: 名称}}
  - {key: plate, label: 车牌, type: text, mask: "A99999"}
  - {key: asset, label: 设备编码, type: text, scan: true}
  - {key: uscc, label: 统一社会信用代码, type: uscc}
  - {key: id_no, label: 法人身份证, type: id_card}
  - {key: passport, label: 护照号, type: passport}
  - {key: tel, label: 电话, type: phone}
  - {key: mail, label: 邮箱, type: email}
  - {key: site, label: 网址, type: url}
  - {key: place, label: 地址, type: address}
  - key: grade
    label: 等级
    type: select
    options:
      - {value: A, text: 甲级, color: green}
      - {value: B, text: 乙级, color: orange}
      - {value: C, text: 丙级, color: red, help: 需要总经理批准}
    other: true
  - {key: scope, label: 供货范围, type: multi_select, options: [电机, 轴承, 线缆, 钢材, 其他], max_items: 3}
  - {key: parent, label: 母公司, type: link, to: gallery_supplier, create: true}
  - {key: partners, label: 伙伴, type: links, to: gallery_supplier}
  - {key: parent_tel, label: 母公司电话, type: lookup, via: 母公司, take: 电话}
  - {key: terms, label: 商务条件, type: section}
  - {key: credit, label: 授信额度, type: money, capital: true, min: 0}
  - {key: weight, label: 重量, type: number, decimals: 3, unit: kg, default: {url: weight}}
  - {key: from_day, label: 生效日, type: date}
  - {key: visit_at, label: 考察时间, type: datetime, step: 15}
  - {key: opens, label: 营业时间, type: time}
  - {key: term, label: 合同期, type: date_range}
  - {key: audit, label: 审核时段, type: datetime_range, span_unit: hours}
  - {key: urgent, label: 加急, type: switch}
  - {key: why, label: 加急原因, type: text, lines: 3, visible_if: 加急 == 是, required_if: 加急 == 是}
  - {key: buyer, label: 采购员, type: member}
  - {key: team, label: 评审人, type: members}
  - {key: dept, label: 使用部门, type: department}
  - {key: depts, label: 抄送部门, type: departments}
  - {key: role, label: 审批角色, type: role}
  - {key: about, label: 简介, type: rich_text}
  - {key: licence, label: 营业执照, type: image}
  - {key: papers, label: 资料, type: attachment}
  - {key: code, label: 档案码, type: barcode, formula: "CONCAT(名称, \\"-\\", 设备编码)"}
  - {key: bars, label: 设备条码, type: barcode, code: code128, formula: 设备编码}
  - {key: rank, label: 同级供应商, type: text, formula: '查询("供应商", 名称, 等级 == 本单.等级)'}
  - {key: number2, label: 档案号, type: serial, rule: "DA-{seq:4}"}
  - {key: hint, label: 说明, type: note, help: 提交后由采购部在两个工作日内答复。}
  - {key: page2, label: 报价, type: tab}
  - key: items
    label: 报价明细
    type: subtable
    rows: [0, 100]
    pick: {form: gallery_supplier, columns: {maker: 名称}}
    fields:
      - {key: part, label: 物料, type: text, required: true}
      - {key: maker, label: 厂家, type: text}
      - {key: qty, label: 数量, type: number, decimals: 2}
      - {key: price, label: 单价, type: money}
      - {key: amount, label: 金额, type: money, formula: 数量 * 单价}
  - {key: total, label: 合计, type: money, formula: SUM(明细.金额), capital: true}
checks:
  - {if: 合计 > 授信额度, say: 合计超过授信额度, level: warn}
""".replace("明细.金额", "报价明细.金额")
