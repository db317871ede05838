/**
 * The safety rules of design.md section 5 and 8, each switched off in one place or, where two layers hold it, in both. The text is that of the
 * compiled modules; test/unit/sim/mutants.test.ts sees to it that each still fits.
 */
import { cloneMutants } from './clones.js'
import { diskMutants, swarmMutants } from './disks.js'
import { members } from './members.js'
import { edit, type Mutant } from './mutate.js'
import { parameterMutants } from './parameters.js'

/** Rules of two voters (T1 to T5). */
const two: readonly Mutant[] = [
  {
    rule: 'T3 wait-for-all: a fresh boot may fence and go solo',
    nodes: [2],
    edits: [
      edit('actors/log/twonode', `own?.boot !== s.life.boot || own.state !== 'admitted'`, 'false'),
      edit('actors/coordinator/fences', `own?.boot !== s.boot || own.state !== 'admitted' || `, ''),
      edit(
        'actors/coordinator/fences',
        `peer?.state !== 'silent' || !life`,
        `(peer?.state !== 'silent' && peer?.state !== 'never-seen') || !life`,
      ),
    ],
  },
  {
    rule: 'T3 in the coordinator alone',
    nodes: [2],
    edits: [
      edit('actors/coordinator/fences', `own?.boot !== s.boot || own.state !== 'admitted' || `, ''),
      edit(
        'actors/coordinator/fences',
        `peer?.state !== 'silent' || !life`,
        `(peer?.state !== 'silent' && peer?.state !== 'never-seen') || !life`,
      ),
    ],
  },
  {
    rule: 'T2 solo without a confirmed fence',
    nodes: [2],
    edits: [
      edit(
        'actors/coordinator/fences',
        `    if (!now.ordered || now.certificate)\n        return s;\n    if (!msg.confirmed) {`,
        `    if (false) {`,
      ),
    ],
  },
  {
    rule: 'T2 solo by the certificate of an earlier life',
    nodes: [2],
    edits: [edit('actors/log/twonode', `m.certificate.boot !== lastAdmitted(s, peer)`, 'false')],
  },
  {
    rule: 'T4 a solo set without an epoch of its own',
    nodes: [2],
    edits: [edit('actors/log/twonode', 'epoch: epochOf(s) + 1, soloSet', 'epoch: epochOf(s), soloSet')],
  },
  {
    rule: 'T5 the peer counts before it has copied the log',
    nodes: [2],
    edits: [
      edit(
        'actors/log/twonode',
        'const whole = progress && !progress.probing && progress.match === lastIndex(s) && s.commit === lastIndex(s);',
        'const whole = progress !== undefined;',
      ),
    ],
  },
]

/** Votes, terms and the log. */
const log: readonly Mutant[] = [
  {
    rule: 'votes and terms are spoken before they are durable',
    nodes: [3],
    edits: [edit('actors/log/raft', `effects.push(persist({ slot: 'hard'`, `effects.push(...w.speak.splice(0), persist({ slot: 'hard'`)],
  },
  {
    rule: 'an append is acknowledged before it is durable',
    nodes: [3],
    edits: [
      edit('actors/log/replicate', 'owe(w, { node, term: s.hard.term, round: m.round, upto: end })', 'tell(w, node, reply(true, end))'),
    ],
  },
  {
    rule: 'the leader counts itself before its disk holds the entry',
    nodes: [2],
    edits: [edit('actors/log/replicate', 'n === s.self ? s.durable :', 'n === s.self ? lastIndex(s) :')],
  },
  {
    rule: 'the vote is forgotten',
    nodes: [3],
    edits: [
      edit(
        'actors/log/codec',
        'pack({ version: 1, ...hard, certificate, claim })',
        'pack({ version: 1, ...hard, certificate, claim, votedFor: undefined })',
      ),
    ],
  },
  {
    rule: 'two votes in one term',
    nodes: [5, 3],
    edits: [
      edit('actors/log/election', 'const free = s.hard.votedFor === undefined || s.hard.votedFor === node;', 'const free = true;'),
      edit('actors/log/election', 'if (granted && s.hard.votedFor === undefined) {', 'if (granted) {'),
    ],
  },
  {
    rule: 'a vote for a log that lacks entries',
    nodes: [3, 5],
    edits: [
      edit(
        'actors/log/election',
        'm.term > s.hard.term && m.epoch >= epochOf(s) && mayLead(s, node) && upToDate(m, s)',
        'm.term > s.hard.term',
      ),
      edit(
        'actors/log/election',
        'm.term === s.hard.term && m.epoch >= epochOf(s) && mayLead(s, node) && upToDate(m, s)',
        'm.term === s.hard.term',
      ),
    ],
  },
  {
    rule: 'an entry of an earlier term is committed by counting',
    nodes: [3, 5],
    edits: [edit('actors/log/replicate', 'termAt(s, upto) !== s.hard.term', 'false')],
  },
  {
    rule: 'PreVote is left out',
    nodes: [3],
    edits: [edit('actors/log/election', 's.votes = [s.self];', 'return campaign(w);')],
  },
  {
    rule: 'half of the votes is a quorum',
    nodes: [4],
    edits: [edit('actors/quorum/votes', 'return double > total ||', 'return double >= total ||')],
  },
  {
    rule: 'a follower takes rows that do not follow its log',
    nodes: [3],
    edits: [edit('actors/log/replicate', 'if (m.prevIndex > s.snapshot.index && known !== m.prevTerm)', 'if (m.prevIndex > lastIndex(s))')],
  },
  {
    rule: 'messages of a life that is certified dead count',
    nodes: [3],
    edits: [edit('actors/log/apply', 's !== undefined && from.node !== undefined && fromIncarnation !== undefined &&', 'false &&')],
  },
  {
    rule: 'another than its owner leads a solo epoch',
    nodes: [2],
    edits: [edit('actors/log/raft', 'soloOf(s)?.includes(node) ?? true', 'true')],
  },
  {
    rule: 'a snapshot forgets grants',
    nodes: [3],
    edits: [
      edit('actors/log/codec', 'pack({ version: 1, state: s.state, recent', 'pack({ version: 1, state: { ...s.state, grants: {} }, recent'),
    ],
  },
]

/** Evidence, fencing, grants, tokens, orders. */
const evidence: readonly Mutant[] = [
  {
    rule: 'a fence that timed out is a certificate',
    nodes: [3, 2],
    edits: [
      edit(
        'actors/fencer/actor',
        `const done = device && msg.end === 'exited' && msg.rc ===`,
        `const done = device && (msg.end === 'timeout' || msg.rc === 0) || msg.rc ===`,
      ),
    ],
  },
  {
    rule: 'a fence that failed is a certificate',
    nodes: [3, 2],
    edits: [edit('actors/fencer/actor', `msg.rc === (task.action === 'off' ? 0 : 2)`, 'true')],
  },
  {
    rule: 'a certificate needs no committed intent',
    nodes: [3],
    edits: [
      edit(
        'actors/log/apply',
        `c.how !== 'device' || life?.boot !== c.boot || life.state !== 'intent' || life.since !== c.intent`,
        'false',
      ),
    ],
  },
  {
    rule: 'a grant needs no release of the one before',
    nodes: [3],
    edits: [edit('actors/log/apply', 'if (held && !held.released)', 'if (false)')],
  },
  {
    rule: 'a release needs no proof',
    nodes: [3],
    edits: [edit('actors/log/apply', 'const proven = r.how', 'const proven = true || r.how')],
  },
  { rule: 'the guard ignores tokens', nodes: [3], edits: [edit('test/sim/guard', 'if (token < highest)', 'if (false)')] },
  { rule: 'the director ignores grants', nodes: [3], edits: [edit('actors/resource/gate', 'if (!starts(order))', 'if (true)')] },
  {
    rule: 'a start without quorum',
    nodes: [3],
    edits: [edit('actors/resource/gate', `if (!s.quorum?.quorate && policy !== 'ignore')`, 'if (false)')],
  },
  {
    rule: 'start before what it needs is confirmed',
    nodes: [3],
    edits: [edit('actors/coordinator/order', 'link(drafts, id, ids[i - 1]);', '{ }')],
  },
  {
    rule: 'an operation is carried out again when it is asked again',
    nodes: [3],
    edits: [edit('test/sim/guard', 'if (this.#flights.has(op.id))\n            return;', '')],
  },
  {
    rule: 'messages of an earlier life are heeded by membership',
    nodes: [3],
    edits: [
      edit(
        'actors/membership/actor',
        'if (!from || !life || !theirs || theirs.boot !== life.boot || theirs.counter !== life.counter)',
        'if (!from)',
      ),
    ],
  },
  {
    rule: 'a leader fences by a view from before it had quorum',
    nodes: [3],
    edits: [edit('actors/coordinator/fences', 'return fromMs !== undefined && elapsed(fromMs, env.now) >= 0;', 'return true;')],
  },
  {
    rule: 'a start under a right that a decision on its way gives up',
    nodes: [2, 3],
    crash: true,
    edits: [edit('actors/coordinator/orders', 'if (lead.releasing[a.right])', 'if (false)')],
  },
  {
    rule: 'a healthy node is fenced after a heal',
    nodes: [3],
    edits: [
      edit('actors/coordinator/fences', 'if (heard(s, node) && (boot !== life.boot || !condemned(p, node)))', 'if (false)'),
      edit('actors/coordinator/fences', '!fence || !isIdle(fence) || !heard(s, node)', 'true || !heard(s, node)'),
      edit('actors/coordinator/propose', 'return (!fence || isIdle(fence)) && !condemned(p, node);', 'return false;'),
    ],
  },
  {
    rule: 'lost quorum stops nothing',
    nodes: [3],
    edits: [edit('actors/resource/quorum-stop', 'if (!s.quorum?.acting ||', 'if (true ||')],
  },
]

const lease: readonly Mutant[] = [
  {
    rule: 'the guard ignores its lease',
    nodes: [3],
    ends: 'watchdog',
    edits: [
      edit('test/sim/guard', 'if (this.ended || this.expired)', 'if (this.ended)'),
      edit('test/sim/guard', 'if (this.expired)\n                this.#expire();', 'if (false)\n                this.#expire();'),
    ],
  },
  {
    rule: 'the fencer does not wait until the lease and the watchdog are over',
    nodes: [3],
    ends: 'watchdog',
    edits: [
      edit(
        'actors/fencer/topology',
        'Math.ceil(leaseMs * (1 + 2 * drift) + watchdogMs / petsPerWatchdog + 2 * watchdogMs) + spareMs',
        '100',
      ),
    ],
  },
  {
    rule: 'a lease is given by a leader that asks nobody',
    nodes: [3],
    ends: 'watchdog',
    first: ['one-way'],
    edits: [edit('actors/log/lease', '!decides(s, round.held)', 'false')],
  },
  {
    rule: 'a lease is given to a life that is to be fenced',
    nodes: [3],
    ends: 'watchdog',
    first: ['disk-full', 'disk-full', ...Array<string>(4).fill('agent-fails'), ...Array<string>(3).fill('standby')],
    edits: [
      edit('actors/log/lease', "if (s.role !== 'leader' || mayEnd(s, node, m.boot))", "if (s.role !== 'leader')"),
      edit('actors/log/lease', 'if (!life?.leased || mayEnd(s, node, life.boot))', 'if (!life?.leased)'),
    ],
  },
]

export const mutants: readonly Mutant[] = [
  ...two,
  ...log,
  ...members,
  ...evidence,
  ...lease,
  ...cloneMutants,
  ...diskMutants,
  ...parameterMutants,
  ...swarmMutants,
]
