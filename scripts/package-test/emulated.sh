# shellcheck shell=bash
# The arm64 archive under emulation: its Node, binding of SQLite and nats-server, started without a network.

test_emulated() {
  local tree=$MADE/arm64/sampan home
  home=$MADE/arm64
  rm -rf "$home"
  mkdir -p "$tree" "$home/data" "$home/run"
  tar -C "$tree" --strip-components=1 -xf "$(echo "$MADE"/release/sampan-*-linux-arm64.tar.xz)"
  passes 'its Node is for arm64' emulate "$tree/bin/node" -p 'if (process.arch !== "arm64") process.exit(1)'
  passes 'its nats-server is for arm64' emulate "$tree/dist/nats/nats-server" --version
  emulate "$tree/bin/node" -p process.version
  # Emulation starts no programs of its architecture by itself, where the kernel does not know it: nats-server is left out.
  passes 'the daemon starts, answers as arm64 and stops' unshare -n bash -c "
    ip link set lo up
    export SAMPAN_DATA_DIR=$home/data SAMPAN_RUNTIME_DIR=$home/run SAMPAN_ASYNC=off SAMPAN_DOCKER_HOST=unix://$home/none.sock
    qemu-aarch64-static -L /usr/aarch64-linux-gnu $tree/bin/node $tree/dist/src/main.js >$home/log 2>&1 & pid=\$!
    for try in \$(seq 300); do
      curl -s -o /dev/null http://127.0.0.1:8080/healthz && break
      kill -0 \$pid || exit 1
      sleep 0.5
    done
    curl -s -u \"admin:\$(cat $home/data/basic-auth-password)\" http://127.0.0.1:8080/system/info | grep '\"arch\":\"arm64\"' || exit 1
    kill -TERM \$pid
    wait \$pid"
  rm -rf "$home"
}

# The libraries are those that came with the cross compiler.
emulate() { qemu-aarch64-static -L /usr/aarch64-linux-gnu "$@"; }
