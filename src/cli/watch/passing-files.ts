/** Ends of names of files that editors write beside the one that is edited. */
const ENDS = [
  '~',
  '.swp',
  '.swx',
  '.swo',
  '.swn',
  '___jb_tmp___',
  '___jb_old___',
  '.kate-swp',
  '.crdownload',
] as const
const BEGINNINGS = ['.#', '.goutputstream-', '.~lock.', '.nfs'] as const
/** vim tries with `4913` whether it may write into the folder. */
const NAMES: ReadonlySet<string> = new Set(['4913', '.DS_Store', 'Thumbs.db'])
/** Nobody edits what is in them, and there may be thousands. */
const FOLDERS: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', 'node_modules', '__pycache__'])

/** Whether a name is of something that editors and tools leave for a moment, or for themselves. Pure. */
export function isPassing(name: string, isFolder: boolean): boolean {
  if (isFolder) return FOLDERS.has(name)
  const isAutoSave = name.length > 2 && name.startsWith('#') && name.endsWith('#')
  const isBeside =
    ENDS.some((end) => name.endsWith(end)) || BEGINNINGS.some((start) => name.startsWith(start))
  return isBeside || isAutoSave || NAMES.has(name)
}
