/**
 * Every figure of ranking in one place. None is fitted to a name or a topic. "Measured" means on conversations, turn
 * by turn, one store each and all in one; each figure stands on the flat top of its curve, where its neighbours give
 * the same within noise, also with any one conversation left out.
 */
export const RANKING = {
  /** BM25's saturation and length norm: low, because memories are short (recall.md; flat for b from 0.15 to 0.5). */
  k1: 0.9,
  b: 0.4,
  /** What a neighbour in the same document gives, at distance 1, 2 and 3 (measured: +12 points of recall@10, flat from 0.4/0.25/0.1 to 0.6/0.35/0.2). */
  spread: [0.5, 0.3, 0.15],
  /**
   * A text of more terms than these takes and gives less, in proportion: long passages that stand side by side are
   * about different matters (measured on three sets of documents: +4 to +7 points of recall@5, +1 to +7 of MRR, recall@10
   * the same within noise; nothing on conversations; flat from 40 to 150).
   */
  turn: 60,
  /**
   * What a memory that stands in no document has on top of its own words: as though one neighbour said the same.
   * Without it a fact told on its own would lose to any turn among others that mention it. Chosen, not measured.
   */
  alone: 0.5,
  /** What a question gives on top to the turn that follows it, its answer (measured: +0.5, and 1 of MRR). */
  answer: 0.2,
  /**
   * What a memory counts as holding of the words by which the query names an entity, where it mentions the entity by
   * another name; in shares of having them once.
   */
  mention: 0.8,
  /** Exponent of a term's presence, own and lent: many terms tell more than one term often (measured: +2 over 1, flat from 0.45 to 0.6). */
  coverage: 0.5,
  /** How many of the nearest by meaning the dense leg brings (measured: 50 find as much as 200 on a few thousand). */
  nearest: 100,
  /** How far a memory is believed: small, so that it settles only what is nearly equal. Chosen, not measured. */
  trust: { stated: 1.03, observed: 1, inferred: 0.97, untrusted: 0.8 },
  /** A confidence of 0 takes this share away, one of 1 or none takes nothing. Chosen. */
  doubt: 0.1,
  /** What a memory of this moment gains; halved with every `recencyHalfLife` days. Chosen. */
  recency: 0.05,
  recencyHalfLife: 90,
  /** What a memory that is surely remembered gains, and one that is surely forgotten loses. Chosen. */
  strength: 0.05,
  /** Contents whose sets of terms are this alike (Jaccard) are one memory told twice. */
  duplicate: 0.9,
  /** Contents of fewer different terms are twins only when equal, and by the same author. */
  duplicateTerms: 4,
  /** Contents of more terms are twins only when equal, so that long texts cost no comparison. */
  duplicateMost: 512,
  /** How many of the best are compared with one another. */
  duplicateDepth: 40,
  /** How many results one untrusted author may have before everyone else's. Chosen. */
  untrustedResults: 3,
} as const
