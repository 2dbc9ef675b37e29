// SPDX-License-Identifier: MIT
// The files in what was dropped, folders opened. Their paths are kept: the folder is the class.

/** All files, each with `webkitRelativePath` as a chosen folder's files have it. */
export async function filesOf(dropped: DataTransfer | null): Promise<File[]> {
  // Entries must be asked for before anything is awaited: the drop is over then.
  const entries = [...(dropped?.items ?? [])].map((item) => item.webkitGetAsEntry())
  const lists = await Promise.all(entries.map((entry) => (entry ? walk(entry) : [])))
  return lists.flat()
}

async function walk(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    )
    const path = entry.fullPath.replace(/^\//, '')
    return [Object.defineProperty(file, 'webkitRelativePath', { value: path })]
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const all: File[] = []
  for (;;) {
    // A reader gives at most a hundred at a time, and none when there are no more.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) return all
    for (const one of some) all.push(...(await walk(one)))
  }
}
