/** Whether a kernel has the controller of memory, as its command line says, and what to write if not. */
export type MemoryController = 'as-built' | 'on' | 'off'

/**
 * The firmware of a Raspberry Pi puts `cgroup_disable=memory` before the user's words; `cgroup_enable=memory` after it
 * undoes that, before it does nothing (raspberrypi/linux#6980). `cgroup_memory=1` has no effect.
 */
export function memoryController(commandLine: string): MemoryController {
  let found: MemoryController = 'as-built'
  for (const word of commandLine.trim().split(/\s+/)) {
    const [name = '', value = ''] = word.split('=')
    if (!value.split(',').includes('memory')) continue
    if (name === 'cgroup_disable') found = 'off'
    if (name === 'cgroup_enable') found = 'on'
  }
  return found
}
