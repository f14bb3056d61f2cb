/** Things to remember, small but with every field in use. */

import { STATUSES } from '../../src/model/lifecycle.ts'

/** For lists of what is active and of everything else. */
export const ANY_STATUS = { status: [...STATUSES] }

/** Every field that `remember` takes. */
export function full() {
  return {
    content: 'The staging API listens on port 8080',
    kind: 'decision',
    title: 'Ports of staging',
    tags: ['api', 'staging'],
    project: 'apollo',
    codebase: 'apollo-server',
    file: 'src/server.ts',
    topics: ['Networking', 'ports 50%'],
    author: 'Ada Lovelace',
    slot: { subject: 'staging api', attribute: 'port', value: '8080' },
    confidence: 0.8,
    valid_from: '2025-01-01T00:00:00.000Z',
    valid_until: '2027-01-01T00:00:00.000Z',
    metadata: { ticket: 12, nested: { zebra: [1, null, 'ä'], ant: true } },
    session_id: 'session 1',
    client_id: 'claude',
    visibility: 'private' as const,
  }
}

/** Notes about a few things, no two alike. */
export const NOTES = [
  'The staging API listens on port 8080',
  'Deploys to production happen on Tuesday mornings',
  'getUserById lives in src/users/lookup.ts and caches for 60 seconds',
  'The nightly backup failed with error ECONNRESET on node v2.4.1',
  'Grace prefers tabs over spaces in shell scripts',
  '東京のサーバーは毎朝再起動します',
  'The invoice table has a unique index on customer_number',
  'Kubernetes probes time out after three seconds',
] as const

export const MARKDOWN = `# Guide

Opening words about the lighthouse.

## Setup

Install the beacon with a wrench.

## Usage

Turn the lamp on at dusk.

## Trouble

If the fog horn fails, ring the bell.
`
