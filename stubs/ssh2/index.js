// Stands for the npm package of this name: dockerode loads it at its start, and Sampan never uses it.
exports.Client = function Client() {
  throw new Error('SSH is left out of this installation: docs/decisions/0038-unused-clients-of-dockerode.md')
}
