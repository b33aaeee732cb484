import type { DiagnosisCode } from "./diagnosis.ts";

/** English and Simplified Chinese. */
export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a technician is told of a diagnosis. */
export interface DiagnosisText {
  /** The likely cause. */
  readonly cause: string;
  /** What to do, and what is done by itself meanwhile. */
  readonly advice: string;
}

type InBoth = Readonly<Record<Language, string>>;

/** Names of settings are those of TIA Portal V16 and STEP 7 V5.7, English and Chinese editions. */
const TEXTS = {
  PORT_CLOSED: {
    cause: {
      en: "The device is there, but nothing listens on this port: the server is switched off, the address belongs to another device, or a firewall rejects the connection.",
      zh: "设备在线，但该端口没有服务在监听：服务未启用、IP 地址属于另一台设备，或防火墙拒绝了连接。",
    },
    advice: {
      en: "Check the IP address and the port; switch the server on (S7: port 102, Modbus/TCP: 502, OPC UA: 4840). An S7-300 has no Modbus server unless its program calls MODBUSPN or MODBUSCP.",
      zh: "请核对 IP 地址和端口，并启用相应的服务（S7：102，Modbus/TCP：502，OPC UA：4840）。S7-300 只有在程序中调用了 MODBUSPN 或 MODBUSCP 时才有 Modbus 服务器。",
    },
  },
  HOST_SILENT: {
    cause: {
      en: "Nothing answers at this address: the device is switched off or unplugged, it is in another network (VLAN), or a firewall drops what is sent.",
      zh: "该地址没有任何应答：设备断电或网线未插、设备在另一个网段（VLAN），或防火墙丢弃了报文。",
    },
    advice: {
      en: "Check power, cable and link lamp; ping the address from this computer; ask for the firewall between. Attempts go on by themselves, up to a minute apart.",
      zh: "请检查电源、网线和链路指示灯；从本机 ping 该地址；确认中间的防火墙规则。系统会自动重试，间隔最长一分钟。",
    },
  },
  LINK_LOST: {
    cause: {
      en: "The connection worked and was lost: power or cable was cut, the controller restarted or took a download, or something between them closed the connection.",
      zh: "连接曾经正常，随后中断：断电、网线断开、控制器重启或正在下载程序，或中间设备关闭了连接。",
    },
    advice: {
      en: "Nothing, if it comes back: the connection is made anew by itself. If it is lost again and again, look at the cable, the switch port and the load of the controller.",
      zh: "如能自行恢复则无需处理：系统会自动重新连接。若反复中断，请检查网线、交换机端口和控制器的通信负载。",
    },
  },
  S7_TSAP_REFUSED: {
    cause: {
      en: "The controller takes the TCP connection and refuses the S7 connection: rack, slot or TSAP are wrong, or its last free connection is taken.",
      zh: "控制器接受了 TCP 连接，但拒绝了 S7 连接：机架号、槽号或 TSAP 不正确，或控制器已没有空闲连接。",
    },
    advice: {
      en: "Use the CPU's own slot, also through a CP: S7-300 slot 2, S7-400 mostly 3, S7-1200 and S7-1500 slot 1, drives slot 0. LOGO! and S7-200 have TSAPs of their own. Other slots are tried by themselves, one at a time.",
      zh: "请填写 CPU 本身的槽号（经由 CP 连接时也是如此）：S7-300 为 2，S7-400 通常为 3，S7-1200/1500 为 1，驱动器为 0。LOGO! 和 S7-200 使用自己的 TSAP。系统会自动逐个尝试其他槽号。",
    },
  },
  S7_NO_FREE_CONNECTION: {
    cause: {
      en: "The controller has no free S7 connection: panels, SCADA systems, programming devices or connections that nobody closed use all of them.",
      zh: "控制器没有空闲的 S7 连接：全部连接已被触摸屏、SCADA、编程设备或未正常关闭的旧连接占用。",
    },
    advice: {
      en: "Close clients that are not needed, or reserve another OP connection in the CPU's properties (Communication). The next attempt waits for a minute at least, so that abandoned connections can run out.",
      zh: "请关闭不需要的客户端，或在 CPU 属性的“通信”中增加 OP 连接资源。下一次尝试至少等待一分钟，以便失效的连接超时释放。",
    },
  },
  S7_NO_SETUP_REPLY: {
    cause: {
      en: "The S7 connection stands, but the greeting that follows (Setup Communication) is not answered: a LOGO!, an S7-200 SMART or a gateway that wants another connection type.",
      zh: "S7 连接已建立，但随后的协商（Setup Communication）没有应答：可能是 LOGO!、S7-200 SMART，或要求其他连接类型的网关。",
    },
    advice: {
      en: "Set connectionType basic and pduSize 240, or the TSAPs of the device's manual; both are tried by themselves with auto://.",
      zh: "请将 connectionType 设为 basic、pduSize 设为 240，或填写设备手册中的 TSAP；使用 auto:// 时系统会自动尝试。",
    },
  },
  S7_PUT_GET_OFF: {
    cause: {
      en: "The S7-1200 or S7-1500 takes the connection and forbids reading: PUT/GET access is switched off, which is its setting on delivery.",
      zh: "S7-1200/1500 接受连接但禁止读取：PUT/GET 访问未启用（出厂默认即为关闭）。",
    },
    advice: {
      en: "In TIA Portal, open the CPU's Properties > General > Protection & Security > Connection mechanisms, tick \"Permit access with PUT/GET communication from remote partner\", then compile and choose Download to device > Hardware configuration: downloading the software alone does not change it. Or switch on the CPU's OPC UA server and use node ids.",
      zh: "在 TIA 博途中打开 CPU 的“属性 > 常规 > 防护与安全 > 连接机制”，勾选“允许来自远程对象的 PUT/GET 通信访问”，然后编译并选择“下载到设备 > 硬件配置”：只下载软件不会生效。也可以启用 CPU 的 OPC UA 服务器并改用节点 ID。",
    },
  },
  S7_BLOCK_MISSING: {
    cause: {
      en: "The controller does not know the data block: there is none of that number, or it is a block with optimized access, which has no addresses to be read by.",
      zh: "控制器找不到该数据块：没有这个编号的数据块，或该块启用了“优化的块访问”，因此没有可供读取的绝对地址。",
    },
    advice: {
      en: 'Check the number of the block. In TIA Portal, open the block\'s Properties > Attributes, clear "Optimized block access", compile and download the block (its values start anew).',
      zh: "请核对数据块编号。在 TIA 博途中打开该块的“属性 > 属性（特性）”，取消勾选“优化的块访问”，编译并下载该块（块中的数值会重新初始化）。",
    },
  },
  S7_BEYOND_BLOCK: {
    cause: {
      en: "The address lies beyond the end of its data block or memory area.",
      zh: "地址超出了数据块或存储区的末尾。",
    },
    advice: {
      en: "Compare block, byte offset and length with the block in the controller; the block that is loaded may be shorter than the one in the project.",
      zh: "请将块号、字节偏移和长度与控制器中的数据块进行对照；已下载的块可能比项目中的短。",
    },
  },
  S7_OVER_PDU: {
    cause: {
      en: "A request or its answer does not fit the packet size (PDU) that the controller, or the CP before it, can take.",
      zh: "请求或应答超出了控制器（或其前面的 CP）所能处理的报文长度（PDU）。",
    },
    advice: {
      en: "Nothing with auto://: requests are made smaller and the size is remembered. Otherwise set pduSize 240, and 160 bytes a read through an old CP.",
      zh: "使用 auto:// 时无需处理：系统会自动减小请求并记住合适的长度。否则请将 pduSize 设为 240，经由旧型 CP 时每次最多读取 160 字节。",
    },
  },
  S7_PROTECTED: {
    cause: {
      en: "The CPU's protection level forbids reading without a password.",
      zh: "CPU 的保护等级禁止在没有密码的情况下读取。",
    },
    advice: {
      en: "In the hardware configuration, open the CPU's Properties > Protection and choose a level that permits reading (level 1, or level 2 write-protected), then download the hardware configuration. Stethos sends no passwords.",
      zh: "在硬件组态中打开 CPU 的“属性 > 保护”，选择允许读取的等级（1 级，或 2 级写保护），然后下载硬件组态。Stethos 不会发送密码。",
    },
  },
  S7_OVERLOADED: {
    cause: {
      en: "The controller or its CP breaks off requests under load: it gets more of them at once than it can work on.",
      zh: "控制器或其 CP 在负载下中断了请求：同时收到的请求超出了其处理能力。",
    },
    advice: {
      en: "Set jobsInFlight 1 and longer periods (both are done by themselves with auto://); look for other clients that read the same CP.",
      zh: "请将 jobsInFlight 设为 1 并延长扫描周期（使用 auto:// 时自动完成）；检查是否有其他客户端在读取同一个 CP。",
    },
  },
  MODBUS_FUNCTION_REFUSED: {
    cause: {
      en: "The Modbus server does not know this function (exception 01): it keeps these values in another table, or it is not configured or not licensed.",
      zh: "Modbus 服务器不支持该功能码（异常 01）：数据在另一类寄存器中，或服务器尚未组态、未授权。",
    },
    advice: {
      en: "Try input registers (ir:, function 04) in place of holding registers (hr:, function 03), or the other way round; look at the server block in the controller's program.",
      zh: "请尝试用输入寄存器（ir:，功能码 04）代替保持寄存器（hr:，功能码 03），或反之；并检查控制器程序中的服务器功能块。",
    },
  },
  MODBUS_ADDRESS_REFUSED: {
    cause: {
      en: "The Modbus server has no such address (exception 02): manuals often count from 1 where the wire counts from 0, the register map is empty, or in an S7-1200/1500 the data block behind it has optimized access.",
      zh: "Modbus 服务器没有该地址（异常 02）：手册常从 1 开始编号而报文从 0 开始，寄存器映射为空，或在 S7-1200/1500 中其背后的数据块启用了“优化的块访问”。",
    },
    advice: {
      en: 'Try the address one lower or one higher (addressBase). In a Siemens controller, clear "Optimized block access" of the block at MB_HOLD_REG and download it.',
      zh: "请尝试将地址减 1 或加 1（addressBase）。对于西门子控制器，请取消 MB_HOLD_REG 所指数据块的“优化的块访问”并下载。",
    },
  },
  MODBUS_GATEWAY_TARGET: {
    cause: {
      en: "The gateway answers, the device behind it does not (exception 0A or 0B): wrong unit number, serial line, speed or parity, or the device is switched off.",
      zh: "网关有应答，但其后的设备没有（异常 0A 或 0B）：站号错误、串行线路、波特率或校验位不匹配，或设备断电。",
    },
    advice: {
      en: "Check the unit number, then the serial settings of the gateway, the wiring and the termination of the line. The unit is left alone for a while; the others are read on.",
      zh: "请依次核对站号、网关的串口参数、接线和终端电阻。系统会暂停读取该站一段时间，其他站继续读取。",
    },
  },
  MODBUS_BUSY: {
    cause: {
      en: "The Modbus server says that it is busy (exception 05 or 06), or that its table of connections is full.",
      zh: "Modbus 服务器报告忙（异常 05 或 06），或其连接表已满。",
    },
    advice: {
      en: "Close other Modbus clients of the device and read more slowly. It is asked again after 200 ms, three times.",
      zh: "请关闭该设备的其他 Modbus 客户端，并降低读取频率。系统会间隔 200 毫秒重试三次。",
    },
  },
  MODBUS_UNIT_SILENT: {
    cause: {
      en: "The device takes the connection and does not answer this unit number; meters such as the SENTRON PAC3200 answer 1 only, others 0 or 255 only.",
      zh: "设备接受连接，但不应答该站号；例如 SENTRON PAC3200 只应答 1，有的设备只应答 0 或 255。",
    },
    advice: {
      en: "Set unit 1, then 255, then 0, or the number of the device's manual (with auto:// they are tried by themselves). If every number is silent, another client may hold the only connection.",
      zh: "请依次将 unit 设为 1、255、0，或设备手册中的站号（使用 auto:// 时自动尝试）。若都没有应答，可能是另一个客户端占用了唯一的连接。",
    },
  },
  MODBUS_WORD_ORDER: {
    cause: {
      en: "Numbers of two registers come out absurdly small or large, and plausible with the registers exchanged: the device sends the low word first.",
      zh: "占两个寄存器的数值小得或大得离谱，而交换两个寄存器后则合理：设备先发送低位字。",
    },
    advice: {
      en: "Set wordOrder CDAB (or @CDAB at single addresses) and compare one value with the device's display.",
      zh: "请设置 wordOrder: CDAB（或在单个地址后加 @CDAB），并与设备显示屏上的数值核对。",
    },
  },
  MODBUS_LATE_REPLY: {
    cause: {
      en: "The device answers later than it is waited for: answers come whose question was given up already, mostly from a slow serial line behind a gateway.",
      zh: "设备的应答晚于等待时间：收到了已放弃请求的应答，通常是网关后面的串行线路较慢。",
    },
    advice: {
      en: "Raise requestTimeoutMs above the slowest answer of the device and read less often. Late answers are dropped, so no value is taken for another.",
      zh: "请将 requestTimeoutMs 设得大于设备最慢的应答时间，并降低读取频率。迟到的应答会被丢弃，不会与其他数值混淆。",
    },
  },
  OPCUA_ENDPOINT_HOST: {
    cause: {
      en: "The OPC UA server does not accept the address it was dialled by, or names itself by a host name that this computer cannot resolve.",
      zh: "OPC UA 服务器不接受所拨的地址，或其自报的主机名在本机无法解析。",
    },
    advice: {
      en: "Check the path of the endpoint; leave rewriteHost on, so that the host that was dialled is used; or enter the server's name in DNS.",
      zh: "请核对端点地址中的路径；保持 rewriteHost 开启，以便使用所拨的主机；或在 DNS 中登记服务器的主机名。",
    },
  },
  OPCUA_UNTRUSTED: {
    cause: {
      en: "Agent and OPC UA server do not trust each other: the certificate of one is not on the other's list, has run out, or names another application.",
      zh: "代理与 OPC UA 服务器互不信任：一方的证书不在另一方的信任列表中、已过期，或所含的应用程序名称不符。",
    },
    advice: {
      en: "Compare the thumbprint in the message, then trust the agent's certificate on the server and the server's certificate here (folder opcua-pki). Check the clocks of both, and the user.",
      zh: "请核对消息中的指纹，然后在服务器上信任代理的证书，并在本机（文件夹 opcua-pki）信任服务器的证书。同时检查双方的时钟和用户设置。",
    },
  },
  OPCUA_LIMIT: {
    cause: {
      en: "The OPC UA server refuses because a limit is reached: sessions, subscriptions, monitored items or nodes in one call.",
      zh: "OPC UA 服务器因达到上限而拒绝：会话、订阅、监视项或单次调用的节点数。",
    },
    advice: {
      en: "Close other clients (an S7-1200 has 10 sessions, an S7-1500 32 and more), read fewer tags or set maxItemsPerCall 100. Calls are made smaller by themselves.",
      zh: "请关闭其他客户端（S7-1200 有 10 个会话，S7-1500 为 32 个或更多），减少变量，或设置 maxItemsPerCall: 100。系统会自动减小每次调用的数量。",
    },
  },
  OPCUA_SUBSCRIPTION_LOST: {
    cause: {
      en: "The OPC UA server answers but has dropped the subscription, or it fell silent.",
      zh: "OPC UA 服务器有应答，但已删除订阅，或订阅不再发送数据。",
    },
    advice: {
      en: "Nothing, if it stays rare: the subscription is made anew by itself. If not, look at the server's load and raise publishingIntervalMs (S7-1500: 500 at least).",
      zh: "如只是偶尔发生则无需处理：系统会自动重新订阅。否则请检查服务器负载，并增大 publishingIntervalMs（S7-1500 不低于 500）。",
    },
  },
  MALFORMED_ANSWER: {
    cause: {
      en: "What answers sends no valid packets of this protocol: another service listens on the port, or something on the way damages the data.",
      zh: "应答不是该协议的有效报文：该端口上是另一种服务，或传输途中数据被破坏。",
    },
    advice: {
      en: "Check address and port and what really listens there; take middle boxes (port forwards, protocol gateways) out of the way and try again.",
      zh: "请核对地址、端口以及实际监听的服务；排除中间设备（端口转发、协议网关）后重试。",
    },
  },
  NOT_A_CONTROLLER: {
    cause: {
      en: "What answers is no controller: a decoy (honeypot), a tar pit, a web server or a port forward stands at this address.",
      zh: "应答的不是控制器：该地址上是诱饵（蜜罐）、tar pit、网页服务器或端口转发。",
    },
    advice: {
      en: "Check the address. Where the controller stands behind a router, ask for a direct route or for the right forwarded port. It is left alone but for a look now and then, in the end every ten minutes.",
      zh: "请核对地址。如控制器位于路由器之后，请使用直接路由或正确的转发端口。系统不再读取它，只偶尔查看，间隔逐渐延长至十分钟。",
    },
  },
  DEVICE_CHANGED: {
    cause: {
      en: "At this address there is another device than before, or the same one with other firmware.",
      zh: "该地址上的设备与之前不同，或同一设备的固件版本已改变。",
    },
    advice: {
      en: "If it was exchanged or updated, nothing: it was identified anew. If not, look for two devices with one address.",
      zh: "如设备已更换或升级则无需处理：系统已重新识别。否则请检查是否有两台设备使用同一地址。",
    },
  },
  NO_DRIVER: {
    cause: {
      en: "The device is recognised, but Stethos has no driver for the protocols that it speaks, or none for the kind of addresses that its tags have.",
      zh: "已识别出设备，但 Stethos 没有适用于其协议（或变量所用地址类型）的驱动。",
    },
    advice: {
      en: "Switch on S7, Modbus/TCP or OPC UA in the device, or put a gateway before it; write the tags' addresses in the notation of a protocol that it speaks.",
      zh: "请在设备上启用 S7、Modbus/TCP 或 OPC UA，或在其前面加装网关；并按设备所用协议的格式填写变量地址。",
    },
  },
  UNKNOWN_DEVICE: {
    cause: {
      en: "Something answers that no signature fits.",
      zh: "有设备应答，但没有匹配的特征。",
    },
    advice: {
      en: "Configure the protocol by name in place of auto://. Send the evidence (protocol-finger explain) in, so that a signature can be written.",
      zh: "请明确填写协议名称，而不使用 auto://。请将证据（protocol-finger explain 的输出）发送给我们，以便编写新的特征。",
    },
  },
} as const satisfies Record<DiagnosisCode, { readonly cause: InBoth; readonly advice: InBoth }>;

/** What to tell a technician. */
export function diagnosisText(code: DiagnosisCode, language: Language): DiagnosisText {
  const { cause, advice } = TEXTS[code];
  return { cause: cause[language], advice: advice[language] };
}
