import { note, type Session } from '../session.ts'
import type { GatewayAddress } from './gateway-address.ts'

/** Credentials and secrets that leave this machine unencrypted are worth a warning (cli.md 1.7). */
export function warnOfPlainText(session: Session, { url }: GatewayAddress, isUnchecked: boolean): void {
  if (isUnchecked || url.startsWith('https') || /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])/.test(url)) return
  note(session, 'WARNING! You are not using an encrypted connection to the gateway, consider using HTTPS.')
}
