import { join } from 'node:path'
import { jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { ForeignServer, temporaryFolder } from '../test/fixtures/nats.ts'

const BODY = new Uint8Array(600)

/** Messages a second that a nats-server stores for so many publishers, each on its disk before it is answered: nothing of ours is in the way. */
export async function publishRate(publishers: number, seconds: number): Promise<number> {
  await using folder = await temporaryFolder()
  const store = `jetstream { store_dir: "${join(folder.path, 'store')}", max_file_store: 1GB, sync_interval: always }`
  await using server = await ForeignServer.start(folder.path, store)
  const nc = await connect({ servers: new URL(server.url).host })
  try {
    const jsm = await jetstreamManager(nc)
    await jsm.streams.add({ name: 'FLOOR', subjects: ['floor'], retention: RetentionPolicy.Workqueue })
    const js = jetstream(nc)
    const endMs = performance.now() + seconds * 1_000
    let count = 0
    const publish = async (): Promise<void> => {
      for (; performance.now() < endMs; count += 1) await js.publish('floor', BODY)
    }
    await Promise.all(Array.from({ length: publishers }, publish))
    return count / seconds
  } finally {
    await nc.close()
  }
}
