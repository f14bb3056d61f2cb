/**
 * Which addresses a name may lead to. An address that a person wrote may be anything; a name that somebody else's
 * server of names answers for must not lead into the network that this process is in.
 */
import { lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/**
 * Not in the internet: this host, private and shared networks, link-local ones with the clouds' metadata, and what
 * stands for an IPv4 address in IPv6. IPv4-mapped addresses are checked as the IPv4 addresses that they are.
 * https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry
 */
const PRIVATE: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]

/** Where clouds hand out credentials: no name may lead there, however local it looks. */
const METADATA = ['169.254.169.254', 'fd00:ec2::254']

const privateNetworks = new BlockList()
for (const [network, bits] of PRIVATE) privateNetworks.addSubnet(network, bits, familyOf(network))

const metadata = new BlockList()
for (const address of METADATA) metadata.addAddress(address, familyOf(address))

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

/** @param address an IPv4 or IPv6 address, an IPv6 one with or without its zone. */
export function isPrivateAddress(address: string): boolean {
  const [plain = ''] = address.split('%')
  return privateNetworks.check(plain, familyOf(plain))
}

/** Whether a name can only mean a machine nearby, so that it may resolve to a private address. */
export function isPlainlyLocal(host: string): boolean {
  return !host.includes('.') || /\.(localhost|local|lan|internal|home\.arpa)$/i.test(host)
}

function isMetadata(address: string): boolean {
  const [plain = ''] = address.split('%')
  return metadata.check(plain, familyOf(plain))
}

/** That a name led to an address which it may not lead to. */
export class AddressRefused extends Error {
  readonly address: string

  constructor(name: string, address: string, why: string) {
    super(`${name} leads to ${address}, ${why}`)
    this.address = address
  }
}

export interface LookupRules {
  /** Whether a key is sent in the clear: then even a local name may lead only to a private address. */
  readonly mustStayNear: boolean
  /** How names are resolved. */
  readonly lookup?: LookupFunction | undefined
}

/** Resolves names for sockets: it gives only addresses to which the name may lead, so no other is ever connected to. */
export function guardedLookup({ mustStayNear, lookup = systemLookup }: LookupRules): LookupFunction {
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, [])
      const addresses = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found
      const refused = addresses
        .map(({ address }) => refusalOf(name, address, mustStayNear))
        .find(refusal => refusal !== null)
      if (refused != null) return done(refused, [])
      const [first] = addresses
      if (options.all === true || first === undefined) return done(null, addresses)
      done(null, first.address, first.family)
    })
  }
}

function refusalOf(name: string, address: string, mustStayNear: boolean): AddressRefused | null {
  const isLocal = isPlainlyLocal(name.replace(/\.$/, ''))
  if (isMetadata(address)) return new AddressRefused(name, address, 'where a cloud hands out credentials')
  if (!isLocal && isPrivateAddress(address))
    return new AddressRefused(name, address, 'an address of a private network')
  if (isLocal && mustStayNear && !isPrivateAddress(address))
    return new AddressRefused(name, address, 'a public address, to which no key is sent unencrypted')
  return null
}

/** The host without the brackets of IPv6 and without a dot at its end. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
}

/** Whether what is sent may leave the machines nearby: a public address, or a name that is not plainly local. */
export function isPublic(url: URL): boolean {
  const host = hostOf(url)
  return isIP(host) === 0 ? !isPlainlyLocal(host) : !isPrivateAddress(host)
}
