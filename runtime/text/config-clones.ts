/** More sentences of `config.*`: clones, pools, patterns, rules and health. */
import type { Texts } from './render.js'

const clones = {
  'config.clone-of-clone': {
    en: 'Line {line}: the clone {name} names the clone {resource}, but only a resource or a group can be cloned; name that of {resource}.',
    zh: '第 {line} 行：克隆 {name} 引用了克隆 {resource}，而只有资源或组可以克隆；请写 {resource} 所引用的资源或组。',
  },
  'config.cloned-twice': {
    en: 'Line {line}: {resource} is cloned by {other} already, so {name} would run it twice on a node; remove one of the two.',
    zh: '第 {line} 行：{resource} 已被 {other} 克隆，{name} 会让它在同一节点运行两次；请删除其一。',
  },
  'config.cloned-member': {
    en: 'Line {line}: {resource} is a member of the group {group}, which it cannot leave instance by instance; clone {group} instead.',
    zh: '第 {line} 行：{resource} 是组 {group} 的成员，不能单独克隆；请改为克隆 {group}。',
  },
  'config.clone-in-group': {
    en: 'Line {line}: the group {group} has the clone {member} as a member, but groups hold resources only; clone the whole group instead.',
    zh: '第 {line} 行：组 {group} 把克隆 {member} 列为成员，但组只能包含资源；请改为克隆整个组。',
  },
  'config.promoted-group': {
    en: 'Line {line}: {name} is a clone of the group {group}, and groups are not promoted; clone a resource, or remove promoted.',
    zh: '第 {line} 行：{name} 克隆的是组 {group}，组不能提升；请克隆资源，或删除 promoted。',
  },
  'config.clone-max': {
    en: 'Line {line}: {word} is {count}, but max allows {max} instances only; lower {word} or raise max.',
    zh: '第 {line} 行：{word} 为 {count}，而 max 只允许 {max} 个实例；请减小 {word} 或增大 max。',
  },
  'config.clone-unpromoted': {
    en: 'Line {line}: target-role is Unpromoted, but {name} knows no roles; add promoted: 1, or write Started.',
    zh: '第 {line} 行：target-role 为 Unpromoted，但 {name} 没有角色之分；请添加 promoted: 1，或改写 Started。',
  },
  'config.name-the-clone': {
    en: 'Line {line}: {name} belongs to the clone {clone}, which has an instance of it on each of its nodes; name the clone: {clone}.',
    zh: '第 {line} 行：{name} 属于克隆 {clone}，在其每个节点上都有实例；请改写克隆名称：{clone}。',
  },
  'config.role-promotable': {
    en: 'Line {line}: {word} is for clones with promoted, and {name} is none, so it has no such role; remove {word}, or name such a clone.',
    zh: '第 {line} 行：{word} 仅用于设置了 promoted 的克隆，{name} 不是，没有这种角色；请删除 {word}，或写这样的克隆。',
  },
  'config.require-all-clone': {
    en: 'Line {line}: require-all says how many instances of a clone are enough, but {name} is no clone; remove it, or name a clone as first.',
    zh: '第 {line} 行：require-all 规定克隆要有多少实例才够，而 {name} 不是克隆；请删除该项，或在 first 中写克隆。',
  },
  'config.monitor-role': {
    en:
      'Line {line}: {name} has a monitor with the role {role}, but no clone with promoted has {name}, so it is never in that role and the ' +
      'monitor never runs; add such a clone, or remove the role.',
    zh: '第 {line} 行：{name} 有角色为 {role} 的监控，但没有设置了 promoted 的克隆引用它，它永远不会处于该角色，监控不会运行；请添加这样的克隆，或删除 role。',
  },
} as const satisfies Texts

const pools = {
  'config.pool-twice': {
    en: 'Line {line}: {name} stands twice in {field}, so its place there is not clear; remove one.',
    zh: '第 {line} 行：{name} 在 {field} 中出现两次，位置不明确；请删除其一。',
  },
  'config.pool-member': {
    en: 'Line {line}: the pool {pool} names a group and also what is in it ({name}), which move together; name the group only.',
    zh: '第 {line} 行：池 {pool} 同时列出了组及其成员（{name}），它们本来就一起移动；请只写组。',
  },
  'config.two-pools': {
    en: 'Line {line}: {name} is in the pools {pool} and {other}, so it is not clear which nodes stand by for it; remove it from one.',
    zh: '第 {line} 行：{name} 同时属于池 {pool} 和 {other}，备用节点不明确；请从其一移除。',
  },
  'config.pool-levels': {
    en:
      'Line {line}: {node} is a level of {name} and stands by for it in the pool {pool} (line {other}), so it is not clear which one holds; ' +
      'remove {node} from the levels, or from standby.',
    zh: '第 {line} 行：{node} 既是 {name} 的级别，又在池 {pool}（第 {other} 行）中为其备用，无法确定以哪个为准；请从 levels 或 standby 中删除 {node}。',
  },
} as const satisfies Texts

const rules = {
  'config.location-thing': {
    en: 'Line {line}: a location has either resource (one name) or pattern (all names that it finds), not both; remove one.',
    zh: '第 {line} 行：位置约束要么写 resource（一个名称），要么写 pattern（匹配到的所有名称），不能都写；请删除其一。',
  },
  'config.pattern-empty': {
    en: 'Line {line}: the pattern is empty, which finds every name; write .* if that is meant, or what the names begin with, such as ^web.',
    zh: '第 {line} 行：pattern 为空，会匹配所有名称；若确实如此请写 .*，否则写名称的开头，例如 ^web。',
  },
  'config.pattern-negated': {
    en: 'Line {line}: the pattern "{pattern}" begins with "!", which no name has; write what is to be found, such as ^(?!web) for all but web.',
    zh: '第 {line} 行：pattern “{pattern}”以“!”开头，而名称中没有该字符；请写要匹配的内容，例如用 ^(?!web) 表示除 web 外的所有名称。',
  },
  'config.pattern-syntax': {
    en: 'Line {line}: the pattern "{pattern}" is no regular expression ({error}); correct it, or put \\ before a character that means itself.',
    zh: '第 {line} 行：pattern “{pattern}”不是合法的正则表达式（{error}）；请改正，或在表示自身的字符前加 \\。',
  },
  'config.pattern-nested': {
    en:
      'Line {line}: the pattern "{pattern}" repeats a group that has a repetition or a choice in it, which can take for ever on a name that ' +
      'nearly fits; write it without, such as ^web.*.',
    zh: '第 {line} 行：pattern “{pattern}”重复了一个内部含有重复或选择的分组，遇到近似的名称可能永远算不完；请去掉嵌套，例如 ^web.*。',
  },
  'config.pattern-ways': {
    en:
      'Line {line}: the pattern "{pattern}" has so many repetitions and choices that one name could take seconds; use fewer, begin it with ^, ' +
      'or write several locations.',
    zh: '第 {line} 行：pattern “{pattern}”中的重复和选择过多，匹配一个名称就可能耗时数秒；请减少，以 ^ 开头，或拆成多个位置约束。',
  },
  'config.pattern-nothing': {
    en: 'Line {line}: the pattern "{pattern}" finds no resource, group or clone, so the location says nothing yet; is it spelled right?',
    zh: '第 {line} 行：pattern “{pattern}”没有匹配到任何资源、组或克隆，该位置约束暂时不起作用；请确认拼写。',
  },
  'config.rule-form': {
    en: 'Line {line}: a rule has either any (one part is enough) or all (every part must hold), with a list of parts; write one of the two.',
    zh: '第 {line} 行：规则要么写 any（一项成立即可），要么写 all（各项都须成立），其值为列表；请二选一。',
  },
  'config.rule-deep': {
    en: 'Line {line}: the rule is nested deeper than {limit} levels, which nobody can read; write it flatter, or as several locations.',
    zh: '第 {line} 行：规则嵌套超过 {limit} 层，难以阅读；请写得更平，或拆成多个位置约束。',
  },
  'config.rule-many': {
    en: 'Line {line}: the rule has more than {limit} conditions, all judged for every node at each decision; use fewer, or several locations.',
    zh: '第 {line} 行：规则的条件超过 {limit} 个，而每次决策都要对每个节点逐一判断；请减少，或拆成多个位置约束。',
  },
  'config.condition-form': {
    en: 'Line {line}: a part of a rule has either attribute and op, or date, or any or all with parts of its own; write one of them.',
    zh: '第 {line} 行：规则的每一项要么写 attribute 和 op，要么写 date，要么写带有子项的 any 或 all；请选一种。',
  },
  'config.condition-value': {
    en: 'Line {line}: the condition on {attribute} has op {op} and no value to compare with; add value, or use op: defined.',
    zh: '第 {line} 行：对 {attribute} 的条件使用 op {op}，却没有比较值；请添加 value，或改用 op: defined。',
  },
  'config.condition-no-value': {
    en: 'Line {line}: op {op} asks only whether the attribute is there, so value and type say nothing; remove them, or use op: eq.',
    zh: '第 {line} 行：op {op} 只判断属性是否存在，value 和 type 没有意义；请删除，或改用 op: eq。',
  },
  'config.condition-number': {
    en: 'Line {line}: {attribute} is compared as {type} with "{value}", which is none; write a number (a whole one for integer), or type: string.',
    zh: '第 {line} 行：{attribute} 按 {type} 与“{value}”比较，但后者不是；请写数字（integer 须为整数），或改为 type: string。',
  },
  'config.bad-attribute': {
    en:
      'Line {line}: "{name}" cannot be the name of a node attribute; use letters, digits, dot, dash and underscore, at most 63, beginning ' +
      'with a letter, or # and a letter.',
    zh: '第 {line} 行：“{name}”不能作为节点属性名称；请用字母、数字、点、短横线和下划线，最多 63 个字符，以字母或 # 加字母开头。',
  },
  'config.date-form': {
    en: 'Line {line}: date: {date} goes with {needs} and nothing else, or it is not clear when it holds; write exactly that.',
    zh: '第 {line} 行：date: {date} 必须且只能与 {needs} 一起使用，否则成立时间不明确；请照此书写。',
  },
  'config.date-unreadable': {
    en: 'Line {line}: "{value}" is no date that there is; write it as 2026-12-24 or "2026-12-24 18:00:00Z" (UTC where no zone is given).',
    zh: '第 {line} 行：“{value}”不是有效日期；请写成 2026-12-24 或 "2026-12-24 18:00:00Z"（未写时区则为 UTC）。',
  },
  'config.date-order': {
    en: 'Line {line}: start ({start}) is not before end ({end}), so the condition would never hold; correct one of them.',
    zh: '第 {line} 行：start（{start}）不早于 end（{end}），该条件永远不成立；请改正其一。',
  },
  'config.spec-range': {
    en: 'Line {line}: {name} is "{value}", but must be a number or a range from {min} to {max}, lower end first, such as {min}-{max}.',
    zh: '第 {line} 行：{name} 为“{value}”，应为 {min} 到 {max} 之间的数字或范围，小的在前，例如 {min}-{max}。',
  },
} as const satisfies Texts

const health = {
  'config.health-unused': {
    en: 'Line {line}: {word} means nothing with strategy {strategy}, which has fixed scores; use progressive (or custom, for the colours).',
    zh: '第 {line} 行：{word} 在策略 {strategy} 下没有作用，该策略的分数是固定的；请使用 progressive（颜色分数也可用 custom）。',
  },
  'config.health-value': {
    en: 'Line {line}: {name} is "{value}", but health is red, yellow, green or a score; anything else would count as healthy.',
    zh: '第 {line} 行：{name} 为“{value}”，而健康状态应为 red、yellow、green 或分数；其他值会被当作健康。',
  },
} as const satisfies Texts

export const configClones = { ...clones, ...pools, ...rules, ...health } as const satisfies Texts
