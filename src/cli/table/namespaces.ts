import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { GATEWAY, OUTPUT } from './common-flags.ts'

export const NAMESPACE_LIST_FLAGS = { ...GATEWAY, ...OUTPUT } as const satisfies FlagSpecs

export const NAMESPACE_GET_FLAGS = NAMESPACE_LIST_FLAGS

export const NAMESPACE_CHANGE_FLAGS = {
  ...GATEWAY,
  label: { short: 'l', kind: 'list', value: 'NAME=TEXT', help: 'a label' },
  annotation: { kind: 'list', value: 'NAME=TEXT', help: 'an annotation' },
} as const satisfies FlagSpecs

export const NAMESPACE_REMOVE_FLAGS = GATEWAY

const NEW = { usage: 'NAME', least: 1, most: 1 } as const
const KNOWN = { ...NEW, names: 'namespace' } as const

export const NAMESPACES: readonly AnyCommand[] = [
  command({
    path: ['namespace', 'list'],
    aliases: ['ls'],
    summary: 'list namespaces',
    arguments: NO_ARGUMENTS,
    flags: NAMESPACE_LIST_FLAGS,
    load: () => import('../namespaces/list.ts'),
  }),
  command({
    path: ['namespace', 'create'],
    summary: 'create a namespace',
    arguments: NEW,
    flags: NAMESPACE_CHANGE_FLAGS,
    load: () => import('../namespaces/create.ts'),
  }),
  command({
    path: ['namespace', 'get'],
    summary: 'show the labels and annotations of a namespace',
    arguments: KNOWN,
    flags: NAMESPACE_GET_FLAGS,
    load: () => import('../namespaces/get.ts'),
  }),
  command({
    path: ['namespace', 'update'],
    summary: 'replace the labels and annotations of a namespace',
    arguments: KNOWN,
    flags: NAMESPACE_CHANGE_FLAGS,
    load: () => import('../namespaces/update.ts'),
  }),
  command({
    path: ['namespace', 'remove'],
    aliases: ['rm', 'delete'],
    summary: 'remove an empty namespace',
    arguments: KNOWN,
    flags: NAMESPACE_REMOVE_FLAGS,
    load: () => import('../namespaces/remove.ts'),
  }),
  command({
    path: ['namespaces'],
    summary: 'list namespaces; the old name of namespace list',
    arguments: NO_ARGUMENTS,
    flags: NAMESPACE_LIST_FLAGS,
    load: () => import('../namespaces/list.ts'),
    isHidden: true,
  }),
]
