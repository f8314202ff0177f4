/** What the browser keeps for this page. A browser that forbids it is one that forgets, no more. */
function kept(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key)
  } catch {
    return null
  }
}

function keep(storage: () => Storage, key: string, value: string | null): void {
  try {
    if (value === null) storage().removeItem(key)
    else storage().setItem(key, value)
  } catch {
    // Full or forbidden.
  }
}

const local = (): Storage => localStorage
const session = (): Storage => sessionStorage

export const recall = (key: string): string | null => kept(local, `sampan.${key}`)
export const remember = (key: string, value: string | null): void => keep(local, `sampan.${key}`, value)
export const recallHere = (key: string): string | null => kept(session, `sampan.${key}`)
export const rememberHere = (key: string, value: string | null): void => keep(session, `sampan.${key}`, value)
