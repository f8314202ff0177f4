import type { Clock } from '../../../clock.ts'
import type { Family } from './firewall-rules.ts'
import { runProgram } from '../../../work/program.ts'

/** The programs that read and change the host's rules, as the firewall needs them. */
export interface Iptables {
  /** The filter table, in the form of `iptables -S`. */
  list(family: Family): Promise<string>
  /** Applies `rules`, in the form of `iptables-save`, to the present table: all of them or none. */
  restore(family: Family, rules: string): Promise<void>
}

const COMMANDS: Readonly<Record<Family, string>> = { ipv4: 'iptables', ipv6: 'ip6tables' }

/** Longest time for one program. It waits up to half of it for the lock of the table. */
const LIMIT_MS = 10_000
const WAIT = ['-w', '5'] as const
/** Enough for a host with many thousand rules. */
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024
/** The programs are in folders for root, which the daemon's own PATH may not contain. */
const ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' }

/**
 * Runs the same programs as Docker, so that both use the same tables, legacy or nf_tables. Rejects with a
 * sentence.
 */
export function hostIptables(clock: Clock): Iptables {
  const run = async (command: string, args: readonly string[], input: string): Promise<string> => {
    const program = { command, args, input, mostOutputBytes: MOST_OUTPUT_BYTES, env: ENV }
    const { code, output, complaint } = await runProgram(program, clock.timeout(LIMIT_MS))
    if (code === 0) return output
    throw new Error(`${command}: ${complaint.trim() || `exit code ${code ?? 'by signal'}`}`)
  }
  return {
    list: (family) => run(COMMANDS[family], [...WAIT, '-S'], ''),
    restore: async (family, rules) => {
      await run(`${COMMANDS[family]}-restore`, [...WAIT, '--noflush'], rules)
    },
  }
}
