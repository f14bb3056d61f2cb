import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openEmbedder, parseEmbedder } from '../../src/embedding/open.ts'

const surroundings = { environment: {}, random: () => 0.5, pause: async () => undefined }

describe('the name of an embedder', () => {
  it.each([
    ['none', null],
    [' static ', { provider: 'static' }],
    ['model2vec:/models/a', { provider: 'model2vec:/models/a' }],
    ['model2vec:models/../a/', { provider: `model2vec:${resolve('a')}` }],
    ['model2vec:~/a', { provider: `model2vec:${join(homedir(), 'a')}` }],
    ['model2vec:C:', { provider: `model2vec:${resolve('C:')}` }],
    ['transformers:Xenova/all-MiniLM-L6-v2', { provider: 'transformers:Xenova/all-MiniLM-L6-v2' }],
    ['transformers:bert-base', { provider: 'transformers:bert-base' }],
    ['transformers:./a', { provider: `transformers:${resolve('a')}` }],
    ['transformers:../a', { provider: `transformers:${resolve('../a')}` }],
    ['transformers:/models/a', { provider: 'transformers:/models/a' }],
    [
      'http:https://api.example.com/v1#text-embedding-3-small',
      { provider: 'http:https://api.example.com/v1/embeddings', model: 'text-embedding-3-small' },
    ],
    [
      'https://api.example.com/v1/#a/b#c',
      { provider: 'http:https://api.example.com/v1/embeddings', model: 'a/b#c' },
    ],
    [
      'http://127.0.0.1:11434/v1#nomic',
      { provider: 'http:http://127.0.0.1:11434/v1/embeddings', model: 'nomic' },
    ],
    [
      'http:HTTP://LocalHost:80/api/embed?version=2#m',
      { provider: 'http:http://localhost/api/embed?version=2', model: 'm' },
    ],
    ['http:http://[::1]:8080/v1#m', { provider: 'http:http://[::1]:8080/v1/embeddings', model: 'm' }],
  ])('%s', (text, spec) => {
    expect(parseEmbedder(text)).toEqual(spec)
  })

  it('comes out as one that means the same', () => {
    for (const text of ['static', 'model2vec:a', 'transformers:a/b', 'transformers:./a'])
      expect(parseEmbedder(parseEmbedder(text)!.provider)).toEqual(parseEmbedder(text))
    const { provider, model } = parseEmbedder('https://h.example/v1#m')!
    expect(parseEmbedder(`${provider}#${model}`)).toEqual({ provider, model })
  })

  it.each([
    ['', /Unknown embedder "".*none, static, model2vec:/],
    ['statics', /Unknown embedder "statics"/],
    ['static:', /Unknown embedder/],
    ['None', /Unknown embedder/],
    ['model2vec', /Unknown embedder/],
    ['model2vec: ', /Unknown embedder/],
    ['model2vec:a\0b', /Unknown embedder/],
    ['openai:text-embedding-3-small', /Unknown embedder "openai:text-embedding-3-small"/],
    ['transformers:', /Unknown embedder/],
    ['transformers:a/b/c', /neither a model's id .* nor a folder/],
    ['transformers:a/../b', /neither a model's id/],
    ['transformers:https://hub/x', /neither a model's id/],
    ['http:', /needs its model/],
    ['http:#m', /URL of an embedder must be like/],
    ['http:ftp://host/v1#m', /URL of an embedder must be like/],
    ['http:file:///etc/passwd#m', /URL of an embedder must be like/],
    ['http:host/v1#m', /URL of an embedder must be like/],
    ['http:http://#m', /URL of an embedder must be like/],
    ['https://api.example.com/v1', /needs its model behind the URL/],
    ['https://api.example.com/v1# ', /needs its model behind the URL/],
  ])('%j is refused', (text, message) => {
    expect(() => parseEmbedder(text)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    expect(() => parseEmbedder(text)).toThrow(message)
  })

  it.each([
    'https://ann:s3cret@api.example.com/v1#m',
    'http:https://s3cret@api.example.com/v1#m',
    'https://api.example.com/v1?api_key=s3cret#m',
    'https://api.example.com/v1?Access-Token=s3cret#m',
  ])('%s is refused without showing the credential', text => {
    const refusal = { code: 'INVALID_INPUT', message: expect.stringContaining('HEIRLOOM_EMBEDDING_KEY') }
    expect(() => parseEmbedder(text)).toThrow(expect.objectContaining(refusal))
    expect(() => parseEmbedder(text)).not.toThrow(/s3cret/)
    expect(() => parseEmbedder(text)).toThrow(/api\.example\.com/)
  })

  it('shows no credential of a URL that it does not know either', () => {
    expect(() => parseEmbedder('htps://ann:s3cret@host/v1#m')).toThrow('htps://…@host')
    expect(() => parseEmbedder('htps://ann:s3cret@host/v1#m')).not.toThrow(/s3cret/)
  })
})

describe('opening', () => {
  it.each(['none', 'static#m', 'http:https://ann:s3cret@h.example/v1'])('refuses %s', async provider => {
    await expect(openEmbedder({ provider, model: 'm' }, surroundings)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    })
  })

  it('wants the model of a server', async () => {
    await expect(openEmbedder({ provider: 'http:https://h.example/v1' }, surroundings)).rejects.toMatchObject(
      {
        code: 'INVALID_INPUT',
        message: expect.stringContaining('name of its model'),
      },
    )
  })
})
