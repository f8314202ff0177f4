// `accept-more.ts` runs this as a separate process. It sends back every handle that it gets, and ends with
// its parent.

process.on('message', (_message, handle) => {
  process.send?.('back', handle)
})
