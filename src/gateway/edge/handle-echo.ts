// Run as a process of its own by `accept-more.ts`: sends back every handle that it gets, and ends with its
// parent.

process.on('message', (_message, handle) => {
  process.send?.('back', handle)
})
