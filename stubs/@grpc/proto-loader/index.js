// Stands for the npm package of this name: dockerode loads it at its start, and Sampan never uses it.
exports.loadSync = function loadSync() {
  throw new Error('gRPC is left out of this installation: docs/decisions/0038-unused-clients-of-dockerode.md')
}
