import type { ComponentChildren } from 'preact'
import { Loading, Page, Problem } from '../parts/notice.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { Copy } from '../parts/copy.tsx'
import { ask, getIfThere } from '../state/api.ts'
import { useLoaded } from '../state/load.ts'
import { host } from '../state/overview.ts'
import { signedOut } from '../state/session.ts'
import type { Finding, HostFigures } from '../state/wire.ts'
import { bytes, DASH, millis, span } from '../text/format.ts'

interface Info {
  readonly arch?: string
  readonly version?: { readonly release?: string; readonly sha?: string }
  readonly freezer?: string
  readonly queue?: {
    readonly isUp?: boolean
    readonly reason?: string
    readonly warnings?: readonly string[]
    readonly nats?: { readonly version?: string; readonly isOwn?: boolean }
  }
}

export function SystemPage() {
  const figures = useLoaded('host', (signal) => getIfThere<HostFigures>('/system/host', { signal }), 5000)
  const info = useLoaded('info', (signal) => getIfThere<Info>('/system/info', { signal }), 10_000)
  const known = { ...host.value, ...figures.value.value }
  const everywhere = async (): Promise<void> => {
    await ask('/ui/sessions', { method: 'DELETE' }).catch(() => undefined)
    signedOut()
  }
  return (
    <Page
      title="System"
      tools={
        <button class="btn push" type="button" onClick={() => void everywhere()}>
          Sign out everywhere
        </button>
      }
    >
      <Problem of={figures.problem.value || info.problem.value} again={figures.again} />
      <div class="half">
        <HostCard of={known} />
        <DaemonCard of={known} info={info.value.value} />
        <DockerCard of={known} />
        <NatsCard info={info.value.value} />
      </div>
      <Doctor />
      <section class="card" aria-label="Backup">
        <header>
          <h2>Backup</h2>
        </header>
        <p class="pad row">
          <code>sampan backup</code> <Copy text={() => 'sampan backup'} label="Copy the command" />
        </p>
      </section>
    </Page>
  )
}

type Fact = readonly [name: string, value: ComponentChildren]

function Facts({ title, facts }: { readonly title: string; readonly facts: readonly Fact[] }) {
  return (
    <section class="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <dl class="kv">
        {facts.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value ?? DASH}</dd>
          </>
        ))}
      </dl>
    </section>
  )
}

const of = (used: number | null | undefined, total: number | undefined): string =>
  `${bytes(used)} of ${bytes(total)}`

function HostCard({ of: figures }: { readonly of: HostFigures }) {
  return (
    <Facts
      title="Host"
      facts={[
        ['Name', figures.name],
        ['Model', figures.model],
        ['Cores', figures.cores],
        ['Memory', of(figures.memoryUsedBytes, figures.memoryTotalBytes)],
        ['Disk', of(figures.disk?.usedBytes, figures.disk?.totalBytes)],
        ['Kernel', figures.kernel],
        ['cgroup', figures.cgroupVersion],
      ]}
    />
  )
}

function DaemonCard({ of: figures, info }: { readonly of: HostFigures; readonly info: Info | undefined }) {
  return (
    <Facts
      title="Daemon"
      facts={[
        ['Version', info?.version?.release ?? figures.version],
        ['Commit', (info?.version?.sha ?? figures.commit ?? DASH).slice(0, 12)],
        ['Architecture', info?.arch ?? figures.arch],
        ['Up', figures.uptimeMs === undefined ? DASH : span(figures.uptimeMs)],
        ['Freezes by', info?.freezer],
      ]}
    />
  )
}

function DockerCard({ of: { engine: docker } }: { readonly of: HostFigures }) {
  const state =
    docker?.ok === undefined ? (
      DASH
    ) : (
      <StateMark of={docker.ok ? 'ok' : 'bad'} word={docker.ok ? 'ok' : (docker.reason ?? 'away')} />
    )
  return (
    <Facts
      title="Docker"
      facts={[
        ['State', state],
        ['Version', docker?.version],
        ['Answers in', millis(docker?.pingMs)],
      ]}
    />
  )
}

function NatsCard({ info }: { readonly info: Info | undefined }) {
  const queue = info?.queue
  if (queue === undefined)
    return <Facts title="Queue" facts={[['State', info === undefined ? DASH : <StateMark of="off" />]]} />
  return (
    <Facts
      title="Queue"
      facts={[
        [
          'State',
          <StateMark
            of={queue.isUp === true ? 'ok' : 'bad'}
            word={queue.isUp === true ? 'ok' : (queue.reason ?? 'away')}
          />,
        ],
        ['NATS', queue.nats?.version],
        ['Server', queue.nats?.isOwn === undefined ? DASH : queue.nats.isOwn ? 'its own' : 'another'],
        ['Warnings', queue.warnings?.join('; ') || 'none'],
      ]}
    />
  )
}

function Doctor() {
  const { value, problem, again } = useLoaded('doctor', (signal) =>
    getIfThere<readonly Finding[]>('/system/doctor', { signal }).then((findings) => ({ findings })),
  )
  const findings = value.value?.findings
  return (
    <section class="card" aria-label="Doctor">
      <header>
        <h2>Doctor</h2>
        <button class="btn tiny push" type="button" onClick={again}>
          Look again
        </button>
      </header>
      <Problem of={problem.value} again={again} />
      {value.value === undefined && problem.value === '' && <Loading />}
      {value.value !== undefined && findings === undefined && (
        <p class="pad muted">– (this daemon has no doctor)</p>
      )}
      <ul class="doctor">
        {findings?.map((finding) => (
          <li key={finding.check}>
            <StateMark of={finding.state} />
            <p>
              <b>{finding.check}</b> {finding.text}
            </p>
            {finding.meaning !== undefined && finding.meaning !== '' && (
              <p class="muted small">{finding.meaning}</p>
            )}
            {finding.fix !== undefined && finding.fix !== '' && <code>{finding.fix}</code>}
          </li>
        ))}
      </ul>
    </section>
  )
}
