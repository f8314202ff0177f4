/** A page, with what its address names. */
export interface Place {
  readonly page: string
  readonly namespace: string
  readonly name: string
  readonly tab: string
  readonly query: URLSearchParams
}

const PAGES = new Set(['deploy', 'events', 'secrets', 'namespaces', 'store', 'system', 'login'])

/** `page` is `missing` for an address that is none of ours. */
export function placeOf(path: string, search: string): Place {
  const query = new URLSearchParams(search)
  const none = { namespace: '', name: '', tab: '', query }
  const [base, page = '', ...rest] = path.split('/').filter((part) => part !== '')
  if (base !== 'ui') return { ...none, page: 'missing' }
  if (page === '' || page === 'index.html') return { ...none, page: 'functions' }
  if (page === 'queue') return { ...none, page, tab: rest[0] ?? '' }
  if (PAGES.has(page) && rest.length === 0) return { ...none, page }
  const [namespace = '', name = '', tab = ''] = rest.map(decoded)
  if (page === 'functions' && name !== '') return { page: 'function', namespace, name, tab, query }
  return { ...none, page: 'missing' }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export const functionPath = (namespace: string, name: string, tab = ''): string =>
  `/ui/functions/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}${tab === '' ? '' : `/${tab}`}`
