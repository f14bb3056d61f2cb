/** Which addresses a name may lead to. */
import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AddressRefused,
  guardedLookup,
  isPlainlyLocal,
  isPrivateAddress,
  isPublic,
} from '../../src/embedding/http/addresses.ts'

const PRIVATE = [
  '127.0.0.1',
  '127.255.255.255',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.178.1',
  '169.254.169.254',
  '100.64.0.1',
  '192.0.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:a00:1',
  '0:0:0:0:0:ffff:c0a8:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
]
const PUBLIC = ['1.1.1.1', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255']
const PUBLIC_6 = ['2606:4700::1111', '2a00:1450::8', '::ffff:8.8.8.8', '::ffff:101:101']

describe('an address', () => {
  it.each(PRIVATE)('%s is private', address => expect(isPrivateAddress(address)).toBe(true))
  it.each([...PUBLIC, ...PUBLIC_6])('%s is public', address => expect(isPrivateAddress(address)).toBe(false))

  it('is the same one when it is mapped into IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), address => {
        expect(isPrivateAddress(`::ffff:${address}`)).toBe(isPrivateAddress(address))
      }),
    )
  })
})

describe('a name', () => {
  it.each([
    'localhost',
    'ollama',
    'a.localhost',
    'box.local',
    'nas.lan',
    'llm.corp.internal',
    'pi.home.arpa',
    'X.LAN',
  ])('%s is plainly local', name => expect(isPlainlyLocal(name)).toBe(true))
  it.each([
    'example.com',
    'localhost.example.com',
    'local.com',
    'internal.example',
    'notlan.xlan',
    'arpa.org',
  ])('%s is not', name => expect(isPlainlyLocal(name)).toBe(false))

  it.each([
    ['http://example.com', true],
    ['http://example.com.', true],
    ['http://8.8.8.8', true],
    ['http://[2606:4700::1111]', true],
    ['http://[::ffff:8.8.8.8]', true],
    ['http://localhost:1', false],
    ['http://box.local.', false],
    ['http://192.168.1.1', false],
    ['http://2130706433', false],
    ['http://0x7f.1', false],
    ['http://[::1]', false],
    ['http://[::ffff:127.0.0.1]', false],
  ])('%s may lead outside: %s', (url, expected) => expect(isPublic(new URL(url))).toBe(expected))
})

describe('a resolved name', () => {
  const answering = (addresses: readonly string[]): LookupFunction => {
    const all = addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
    return (_name, _options, done) => done(null, all)
  }
  const resolve = (name: string, addresses: readonly string[], rules = { mustStayNear: false, all: true }) =>
    new Promise<string | readonly LookupAddress[]>((done, fail) => {
      const lookup = guardedLookup({ ...rules, lookup: answering(addresses) })
      lookup(name, { all: rules.all }, (error, found) => (error === null ? done(found) : fail(error)))
    })

  it('gives its public addresses, all or the first', async () => {
    const addresses = ['1.1.1.1', '2606:4700::1111']
    expect(await resolve('example.com', addresses)).toHaveLength(2)
    expect(await resolve('example.com', addresses, { mustStayNear: true, all: false })).toBe('1.1.1.1')
  })

  it.each(PRIVATE)('is refused when it leads to %s', async address => {
    await expect(resolve('example.com', ['1.1.1.1', address])).rejects.toBeInstanceOf(AddressRefused)
    await expect(resolve('example.com.', [address])).rejects.toThrow(`example.com. leads to ${address}`)
  })

  it('may be private when it is plainly local, but never hand out credentials', async () => {
    expect(await resolve('localhost', ['::1', '127.0.0.1'])).toHaveLength(2)
    expect(await resolve('box.local.', ['192.168.0.9'])).toHaveLength(1)
    for (const address of ['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254'])
      await expect(resolve('metadata.internal', [address])).rejects.toThrow(/hands out credentials/)
  })

  it('stays near with a key that is sent unencrypted', async () => {
    expect(await resolve('ollama', ['10.0.0.2'], { mustStayNear: true, all: true })).toHaveLength(1)
    expect(await resolve('ollama', ['1.1.1.1'])).toHaveLength(1)
    await expect(resolve('ollama', ['1.1.1.1'], { mustStayNear: true, all: true })).rejects.toThrow(
      /no key is sent/,
    )
  })

  it('that nobody knows is told as the system tells it', async () => {
    const error = Object.assign(new Error('unknown'), { code: 'ENOTFOUND' })
    const lookup = guardedLookup({ mustStayNear: false, lookup: (_name, _options, done) => done(error, []) })
    const found = new Promise((_done, fail) => lookup('nobody.example', {}, fail))
    await expect(found).rejects.toBe(error)
  })
})
