/** Sentences of `cib.*`: what of a Pacemaker configuration could not be carried over, why, and what to do. */
import type { Texts } from './render.js'

export const cibImport = {
  'cib.left': {
    en: '{element}{id} was left out: {why}',
    zh: '{element}{id} 未导入：{why}',
  },
  'cib.partly': {
    en: 'Of {element}{id}, {what} was left out: {why}',
    zh: '{element}{id} 的 {what} 未导入：{why}',
  },
  'cib.changed': {
    en: 'Of {element}{id}, {what} was changed to the nearest value that is accepted: {why}',
    zh: '{element}{id} 的 {what} 已改为可接受的最近值：{why}',
  },
  'cib.note': {
    en: '{element}{id}: {why}',
    zh: '{element}{id}：{why}',
  },
  'cib.conditional-values': {
    en: 'values under a rule are not known here; write the value that shall always hold, or change it when the time comes.',
    zh: '不支持带规则的取值；请写出始终有效的值，或届时再修改。',
  },
  'cib.no-quorum-policy': {
    en: 'kyha has no policy "{value}" and stops resources without quorum; choose stop, freeze or ignore.',
    zh: 'kyha 没有策略“{value}”，失去法定票数时停止资源；请选择 stop、freeze 或 ignore。',
  },
  'cib.watchdog-timeout': {
    en: 'nodes that end themselves are a fence device here; add one with agent fence_watchdog.',
    zh: '节点自我终止在此是一种隔离设备；请添加代理为 fence_watchdog 的设备。',
  },
  'cib.property': {
    en: 'kyha has no such property (its value was "{value}"); look in the manual for what does the same, or do without.',
    zh: 'kyha 没有该属性（其值为“{value}”）；请在手册中查找等效项，或不使用。',
  },
  'cib.machinery': {
    en: 'these properties pace Pacemaker’s own daemons and mean nothing here: {names}.',
    zh: '这些属性只调节 Pacemaker 自身守护进程，在此没有意义：{names}。',
  },
  'cib.health-safety': {
    en: 'kyha lets a resource stay where it is when no node is healthy enough for it; Pacemaker would stop it (node-health: {safety: false} does the same).',
    zh: '没有足够健康的节点时 kyha 让资源留在原处；Pacemaker 会停止它（node-health: {safety: false} 与之相同）。',
  },
  'cib.node-type': {
    en: 'it is a {type} node, and kyha has none of those; run kyha there and let it join, or leave it out.',
    zh: '它是 {type} 节点，kyha 没有这种节点；请在该机器上运行 kyha 并加入集群，或不使用。',
  },
  'cib.node-nameless': {
    en: 'it has no name (uname); give it one.',
    zh: '它没有名称（uname）；请命名。',
  },
  'cib.bundle': {
    en: 'kyha runs no containers as bundles; write a resource for the container (such as ocf:heartbeat:podman) and a clone of it.',
    zh: 'kyha 不运行 bundle 容器；请为容器编写资源（如 ocf:heartbeat:podman）并克隆它。',
  },
  'cib.in-group': {
    en: 'a group has resources only; write what is nested as a thing of its own.',
    zh: '组内只能是资源；请将嵌套部分单独编写。',
  },
  'cib.clone-children': {
    en: 'a clone is of one resource or group; correct it in the CIB.',
    zh: '克隆只能针对一个资源或组；请在 CIB 中修正。',
  },
  'cib.clone-unique': {
    en: 'instances that are told apart (globally-unique) are not known here; write one resource for each instance.',
    zh: '不支持可区分的实例（globally-unique）；请为每个实例编写一个资源。',
  },
  'cib.clone-none': {
    en: 'it has no instances (clone-max=0); write it with target-role: Stopped if it is to come back.',
    zh: '它没有实例（clone-max=0）；如需保留请用 target-role: Stopped 编写。',
  },
  'cib.promoted-none': {
    en: 'nothing of it is ever promoted (promoted-max=0); write promoted: 1 with target-role: Unpromoted.',
    zh: '它不会有任何实例被提升（promoted-max=0）；请写 promoted: 1 与 target-role: Unpromoted。',
  },
  'cib.promoted-group': {
    en: 'a promotable clone is of one resource, not of a group; clone the promotable member alone and tie the others to it.',
    zh: '可提升克隆只能针对单个资源而非组；请只克隆可提升的成员，并将其他成员与之关联。',
  },
  'cib.no-template': {
    en: 'its template "{template}" does not exist; give the agent itself.',
    zh: '其模板“{template}”不存在；请直接给出代理。',
  },
  'cib.agent-class': {
    en: 'agents of class {class} ({class}:{type}) are not run here; use its systemd unit (systemd:{type}) or an OCF agent.',
    zh: '不运行 {class} 类代理（{class}:{type}）；请使用其 systemd 单元（systemd:{type}）或 OCF 代理。',
  },
  'cib.remote': {
    en: 'kyha has no remote nodes; run kyha on that machine and let it join.',
    zh: 'kyha 没有远程节点；请在该机器上运行 kyha 并加入集群。',
  },
  'cib.secret': {
    en: 'its value stands in a file of Pacemaker’s (lrm://); set it with `kyha secret set NAME` on each node and write @secret:NAME.',
    zh: '其值保存在 Pacemaker 的文件中（lrm://）；请在每个节点上用 `kyha secret set 名称` 设置，并写作 @secret:名称。',
  },
  'cib.guest': {
    en: 'the machine inside is no node here; run kyha in it and let it join, or manage its services from within.',
    zh: '其内部的机器在此不是节点；请在其中运行 kyha 并加入集群，或在其内部管理业务。',
  },
  'cib.allow-migrate': {
    en: 'kyha moves it by a stop and a start, not while it runs; plan for the interruption.',
    zh: 'kyha 以停止再启动的方式迁移它，而非在线迁移；请考虑中断时间。',
  },
  'cib.requires': {
    en: 'kyha always asks for quorum, and for fencing where it is on ("{value}" was asked); nothing to do unless it must start without.',
    zh: 'kyha 始终要求法定票数，启用隔离时还要求隔离（原值“{value}”）；除非必须在缺少它们时启动，否则无需处理。',
  },
  'cib.meta': {
    en: 'kyha has no such meta attribute (its value was "{value}"); look in the manual for what does the same, or do without.',
    zh: 'kyha 没有该元属性（其值为“{value}”）；请在手册中查找等效项，或不使用。',
  },
  'cib.uncalled': {
    en: 'what it says of {names} is for calls that kyha does not make, or makes with the time of its monitor; nothing to do.',
    zh: '其中 {names} 的设置针对 kyha 不做的调用，或由 kyha 按监视操作的时间进行；无需处理。',
  },
  'cib.operation': {
    en: 'kyha calls no operation "{name}" by configuration; use a monitor, or a resource that does it.',
    zh: 'kyha 不按配置调用操作“{name}”；请使用监视操作，或专门的资源。',
  },
  'cib.operation-word': {
    en: 'an operation here knows timeout, interval, on-fail, role and depth only (its value was "{value}"); give it to the resource as a parameter if the agent reads it there.',
    zh: '此处的操作只有 timeout、interval、on-fail、role 和 depth（其值为“{value}”）；若代理支持，请作为资源参数给出。',
  },
  'cib.notify-on-fail': {
    en: 'a notification that fails is said and changes nothing here ("{value}" was asked); watch what it does with a monitor if it matters.',
    zh: '此处通知失败只会报告，不产生影响（原值“{value}”）；如有必要，请用监视操作检查其结果。',
  },
  'cib.no-time': {
    en: 'no operation is done in no time; kyha gives it 20 s, write what it needs.',
    zh: '没有操作能在零时间内完成；kyha 给予 20 秒，请写出所需时间。',
  },
  'cib.on-fail': {
    en: 'the reaction "{value}" is not known here; choose ignore, restart, block, stop, standby or fence.',
    zh: '不支持反应“{value}”；请选择 ignore、restart、block、stop、standby 或 fence。',
  },
  'cib.monitor-role': {
    en: 'kyha does not watch where a resource is {role}; it looks once before each start.',
    zh: 'kyha 不在资源为 {role} 的地方监视；它在每次启动前检查一次。',
  },
  'cib.ticket': {
    en: 'kyha has no tickets ("{ticket}"); decide by hand which site runs it, with target-role or locations.',
    zh: 'kyha 没有票据（“{ticket}”）；请用 target-role 或位置约束人工决定由哪个站点运行。',
  },
  'cib.lifetime': {
    en: 'constraints that end by themselves are not known here; write it without, or use kyha resource move or ban with --for.',
    zh: '不支持自行失效的约束；请去掉期限，或用 kyha resource move/ban 加 --for。',
  },
  'cib.leftover': {
    en: 'it is left over from a move or ban by command and holds for ever; delete it if it is not meant.',
    zh: '它是命令式迁移或禁止留下的，永久有效；若非本意请删除。',
  },
  'cib.names-device': {
    en: 'it names the fence device {name}, which is no resource here: any node that is up may use it; write its order as levels.',
    zh: '它涉及隔离设备 {name}，在此不是资源：任何在线节点均可使用；请用级别表示先后。',
  },
  'cib.names-missing': {
    en: 'it names {name}, which is not there or was left out; write it once {name} is there.',
    zh: '它涉及 {name}，而该项不存在或未导入；请在 {name} 就绪后再编写。',
  },
  'cib.names-node': {
    en: 'it names the node {node}, which is not there or was left out; write it once {node} is there.',
    zh: '它涉及节点 {node}，而该节点不存在或未导入；请在其就绪后再编写。',
  },
  'cib.device-location': {
    en: 'it keeps the fence device {name} off a node; not needed, because no node ever fences itself by it.',
    zh: '它使隔离设备 {name} 远离某节点；无需保留，因为节点不会用它隔离自己。',
  },
  'cib.discovery': {
    en: 'kyha looks for each resource on every node; nothing to do unless its agent fails there, then install it or let monitor say "not running".',
    zh: 'kyha 在每个节点上查找每个资源；除非其代理在那里失败，否则无需处理；届时请安装代理，或让 monitor 返回“未运行”。',
  },
  'cib.discovery-exclusive': {
    en: 'it may now run on other nodes as well; forbid them with a rule and score -INFINITY.',
    zh: '它现在也可能在其他节点运行；请用规则和 -INFINITY 分值禁止。',
  },
  'cib.location-nowhere': {
    en: 'it names neither a node nor a rule; give one.',
    zh: '它既没有节点也没有规则；请给出其一。',
  },
  'cib.score-attribute': {
    en: 'a score that is read from a node attribute is not known here; write one rule for each score.',
    zh: '不支持从节点属性读取分值；请为每个分值编写一条规则。',
  },
  'cib.role': {
    en: 'kyha’s constraints know the roles Promoted and Unpromoted, not "{role}"; write it without, or with one of them.',
    zh: 'kyha 的约束只有 Promoted 和 Unpromoted 角色，没有“{role}”；请去掉角色或改用其一。',
  },
  'cib.score': {
    en: 'its score "{value}" is no number and not ±INFINITY; give one.',
    zh: '其分值“{value}”不是数字，也不是 ±INFINITY；请给出分值。',
  },
  'cib.incomplete': {
    en: 'it does not say which two things it is about; give both.',
    zh: '它没有说明涉及哪两项；请都给出。',
  },
  'cib.two-collections': {
    en: 'two tags or templates together are no colocation in Pacemaker either; name the resources.',
    zh: '两个标签或模板之间在 Pacemaker 中也不构成同置；请写出资源名。',
  },
  'cib.order-action': {
    en: 'kyha orders starts and promotions (and the reverse on the way down), not "{action}"; turn the constraint round, so that it says what starts first.',
    zh: 'kyha 只对启动和提升排序（停止时相反），没有“{action}”；请反过来写，说明谁先启动。',
  },
  'cib.require-any': {
    en: '"one of several is enough" is known for the instances of a clone only (require-all: false); order it after each of them, or after the one that matters.',
    zh: '“多个之一即可”仅适用于克隆的实例（require-all: false）；请分别写在每一个之后，或只写在关键的一个之后。',
  },
  'cib.set-too-large': {
    en: 'opened into pairs it has more than the {limit} constraints that are accepted; use a group, or smaller sets.',
    zh: '展开后超过上限 {limit} 条约束；请使用组或更小的集合。',
  },
  'cib.set-says-nothing': {
    en: 'its sets hold no two things that depend on each other, so there is nothing to carry over.',
    zh: '其集合中没有相互依赖的两项，因此无可导入。',
  },
  'cib.rule-expression': {
    en: 'a location’s rule asks for node attributes and dates only; write it for the resources that are meant.',
    zh: '位置规则只能判断节点属性和日期；请针对所指资源编写。',
  },
  'cib.rule-value-source': {
    en: 'a rule compares with a value that stands in it, not with a parameter or meta attribute; write the value.',
    zh: '规则只能与写明的值比较，不能与参数或元属性比较；请写出该值。',
  },
  'cib.rule-date': {
    en: 'this date condition cannot be read here; use lt, gt, in_range with both ends, or date_spec.',
    zh: '无法识别该日期条件；请使用 lt、gt、带两端的 in_range 或 date_spec。',
  },
  'cib.fence-agent': {
    en: 'kyha runs fence agents of the fence_* family only, not {agent}; choose the one for this device.',
    zh: 'kyha 只运行 fence_* 系列隔离代理，不支持 {agent}；请为该设备选择对应代理。',
  },
  'cib.device-disabled': {
    en: 'it is switched off (target-role Stopped), and a device that is listed here is used; add it when it shall be.',
    zh: '它已停用（target-role 为 Stopped），而在此列出的设备都会被使用；请在需要时添加。',
  },
  'cib.device-hosts': {
    en: 'it does not say which nodes of this cluster it can switch off; add it with hosts: {NODE: PLUG}.',
    zh: '它没有说明能关闭本集群的哪些节点；请添加并写明 hosts: {节点: 插口}。',
  },
  'cib.device-host': {
    en: 'it is no node of this configuration; add the node, then the host.',
    zh: '它不是本配置的节点；请先添加节点，再添加主机。',
  },
  'cib.device-secret': {
    en: 'its parameter {name} stands in a file of Pacemaker’s (lrm://); set it with `kyha secret set NAME` on each node and add the device with @secret:NAME.',
    zh: '其参数 {name} 保存在 Pacemaker 的文件中（lrm://）；请在每个节点上用 `kyha secret set 名称` 设置，并以 @secret:名称 添加设备。',
  },
  'cib.host-argument': {
    en: 'kyha gives the plug as plug and port, not as {value}; add the device with an agent that takes those.',
    zh: 'kyha 以 plug 和 port 传递插口，而非 {value}；请使用支持它们的代理并添加设备。',
  },
  'cib.device-action': {
    en: 'kyha says itself what the device is to do (its value was "{value}"); see fencing-action.',
    zh: '由 kyha 决定设备的动作（原值“{value}”）；参见 fencing-action。',
  },
  'cib.device-word': {
    en: 'kyha has no such setting of devices (its value was "{value}"); see timeout, delay and level.',
    zh: 'kyha 的设备没有该设置（其值为“{value}”）；参见 timeout、delay 和 level。',
  },
  'cib.unfencing': {
    en: 'kyha does not switch a node on at its device before it joins; do that at boot.',
    zh: 'kyha 不会在节点加入前于设备上将其接通；请在启动时完成。',
  },
  'cib.watchdog-params': {
    en: 'the built-in device takes no parameters; nothing to do.',
    zh: '内置设备不接受参数；无需处理。',
  },
  'cib.device-within': {
    en: 'it holds fence devices, which are there once here, and any node that is up may use them; nothing to do.',
    zh: '其中是隔离设备；它们在此只有一份，任何在线节点均可使用；无需处理。',
  },
  'cib.contradiction': {
    en: '{resource} with {with} contradicts another constraint, or their group, which says the opposite, so neither could be kept; remove one.',
    zh: '{resource} 与 {with} 的同置与另一约束或其所在的组相反，两者无法同时满足；请删除其一。',
  },
  'cib.device-unused': {
    en: 'no node’s levels use it; add it with hosts and a level if it shall be used.',
    zh: '没有节点的级别使用它；如需使用请写明 hosts 和级别。',
  },
  'cib.not-in-topology': {
    en: '{node} has levels and this device is in none of them, so it is not used for {node}, as in Pacemaker.',
    zh: '{node} 设有级别而该设备不在其中，因此与 Pacemaker 一样不用于 {node}。',
  },
  'cib.level-device': {
    en: 'all devices of a level must confirm, and {device} is not there for it; add the level when all of them are.',
    zh: '一个级别的全部设备都须确认，而 {device} 不可用；请在全部就绪后再添加该级别。',
  },
  'cib.level-pattern': {
    en: 'its pattern cannot be read, or could take for ever; name the nodes.',
    zh: '其模式无法识别或可能耗时无限；请写出节点名。',
  },
  'cib.level-target': {
    en: 'it means no node of this configuration; add the node, then the level.',
    zh: '它不对应本配置的任何节点；请先添加节点，再添加级别。',
  },
  'cib.within': {
    en: 'it is in {name}, which was left out; by itself it would run otherwise than meant.',
    zh: '它位于未导入的 {name} 之中；单独运行将不符合本意。',
  },
  'cib.empty': {
    en: 'nothing that it runs could be carried over ({name}); add it when that is there.',
    zh: '其所运行的内容均无法导入（{name}）；请在其就绪后再添加。',
  },
  'cib.acl': {
    en: 'who may do what is not part of this document; nobody has rights by it here.',
    zh: '权限不属于本文档；在此不会据此授予任何人权限。',
  },
  'cib.alert': {
    en: 'kyha calls no alert agents; let whoever is to know read its events.',
    zh: 'kyha 不调用告警代理；请让需要知情者读取其事件。',
  },
  'cib.tag': {
    en: 'kyha has no tags (constraints that name it were carried over for each of its resources); nothing to do.',
    zh: 'kyha 没有标签（涉及它的约束已按其每个资源导入）；无需处理。',
  },
  'cib.nameless': {
    en: 'the CIB does not say its cluster’s name, so the document says "cluster"; give it with --name.',
    zh: 'CIB 没有写明集群名称，文档中写为“cluster”；请用 --name 指定。',
  },
  'cib.no-import-file': {
    en: 'kyha config import reads a Pacemaker configuration: give one with --cib FILE, or - for standard input.',
    zh: 'kyha config import 读取 Pacemaker 配置：请用 --cib FILE 指定，- 表示标准输入。',
  },
  'cib.plan-or-apply': {
    en: '--plan only shows and --apply changes; give one of them.',
    zh: '--plan 只显示，--apply 则更改；请只用其一。',
  },
  'cib.some-left': {
    en: 'Left out or changed: {left}, each listed above; correct by hand what you need of it.',
    zh: '未导入或已更改：{left} 项，见上；请手工处理所需部分。',
  },
} as const satisfies Texts
