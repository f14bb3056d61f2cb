/** Steps of the schema as they shipped. A step is added here once; until its release, copy its new sum here. */
export const CHECKSUMS: Readonly<Record<string, string>> = {
  memories: '2efa0b45c4fa8362ce24db244fbbf719282ece135620d1d09437a536d87f27c7',
  artefacts: 'b19e57df9b80e549908466620abe73df804ba49abad432957cb7a94d2265afbb',
  runs: 'f954519eb7f54d4b77477b226419cfb010f1aa9b7ebe715760f9a7565b9246cc',
  signatures: '1f963c60fa4e86ca53d046bcbf90d654fe90de54e7fc1a246debd79aa9027807',
  knowledge: 'c5278325f6431f211713a1a92545960832353e236ff7b5216c7d4b0032839a91',
  vectors: '53076f11c9cca736d3c5a170082dd998bb7824b72362f612014fc99639e88090',
  links: '3f976b94ad21aa5d3b41d8af713b752d5317d6ee4979bdb4efb79da74465c42d',
}
