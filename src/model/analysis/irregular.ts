/**
 * English forms that no suffix rule reaches, each group after its base. Forms that are as often another word ("bit",
 * "rose", "lay", "lives") are left out.
 */
const GROUPS = `
arise arose arisen; become became; begin began begun; bend bent; blow blew blown; break broke broken;
bring brought; build built; burn burnt; buy bought; catch caught; choose chose chosen; come came; deal dealt;
dig dug; draw drew drawn; dream dreamt; drink drank drunk; drive drove driven; eat ate eaten; fall fell fallen;
feed fed; feel felt; fight fought; find found; fly flew flown; forget forgot forgotten; forgive forgave forgiven;
freeze froze frozen; get got gotten; give gave given; go went gone; grow grew grown; hang hung; hear heard; hide hid hidden;
hold held; keep kept; kneel knelt; know knew known; lead led; lean leant; learn learnt; leave left; lend lent;
lose lost; make made; mean meant; meet met; mistake mistook mistaken; overcome overcame; pay paid; prove proven;
ride rode ridden; ring rang rung; rise risen; run ran; say said; see saw seen; seek sought; sell sold; send sent;
sew sewn; shake shook shaken; shine shone; shoot shot; show shown; shrink shrank shrunk; sing sang sung;
sink sank sunk; sit sat; sleep slept; slide slid; speak spoke spoken; spend spent; spin spun; stand stood;
steal stole stolen; stick stuck; sting stung; strike struck; swear swore sworn; sweep swept; swell swollen;
swim swam swum; swing swung; take took taken; teach taught; tear torn; tell told; think thought; throw threw thrown;
understand understood; undertake undertook undertaken; wake woke woken; wear wore worn; weave wove woven; weep wept;
win won; withdraw withdrew withdrawn; write wrote written; rewrite rewrote rewritten; rebuild rebuilt; rerun reran;
child children; man men; woman women; person people; foot feet; tooth teeth; mouse mice; goose geese; wife wives;
knife knives; wolf wolves; half halves; shelf shelves; self selves; thief thieves;
index indices; matrix matrices; vertex vertices; analysis analyses; criterion criteria; phenomenon phenomena
`

/** From an irregular form to its base, both lower-case. */
export const IRREGULAR: ReadonlyMap<string, string> = new Map(
  GROUPS.split(';').flatMap(group => {
    const [base, ...forms] = group.trim().split(/\s+/)
    return forms.map(form => [form, base!] as const)
  }),
)
