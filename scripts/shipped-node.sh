# shellcheck shell=bash
# The Node that release archives bring, and the binding of SQLite for it. To be sourced after lib.sh.
# Both are made once for each architecture and stay in .build/shipped, under names that say what they were made of.

readonly SHIPPED=$ROOT/.build/shipped
# Another one is for tests.
readonly NODE_LOCK=${SAMPAN_NODE_LOCK:-$ROOT/packaging/node/package-lock.json}

# npm_arch amd64: as npm and Node call it.
npm_arch() {
  case $1 in
    amd64) echo x64 ;;
    arm64) echo arm64 ;;
    *) fail "there is no Node for $1 in packaging/node: amd64 and arm64 are known" ;;
  esac
}

# host_arch: this machine, in Go's words.
host_arch() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}

# tool_prefix ARCH: what the names of the compilers for it begin with; nothing for this machine's own.
tool_prefix() {
  [ "$1" != "$(host_arch)" ] || return 0
  case $1 in
    amd64) echo x86_64-linux-gnu- ;;
    arm64) echo aarch64-linux-gnu- ;;
  esac
}

# locked_node ARCH: the version in the lock file.
locked_node() {
  node -p 'JSON.parse(fs.readFileSync(process.argv[1], "utf8")).packages["node_modules/node-linux-" + process.argv[2]].version' \
    "$NODE_LOCK" "$(npm_arch "$1")"
}

# The version that is shipped: one for all architectures, or nothing is built.
shipped_node_version() {
  local amd64 arm64
  amd64=$(locked_node amd64) && arm64=$(locked_node arm64) || fail "packaging/node/package-lock.json does not name a Node for each architecture"
  [ "$amd64" = "$arm64" ] ||
    fail "packaging/node/package-lock.json has Node $amd64 for amd64 and $arm64 for arm64: archives of one release must bring the same (not every version is published for both)"
  echo "$amd64"
}

# need_shipped_node ARCH: sets SHIPPED_NODE to the folder of npm's package, with bin/node and include/node. npm checks it against the lock file's hash.
need_shipped_node() {
  local cpu version folder
  cpu=$(npm_arch "$1")
  version=$(shipped_node_version)
  folder=$SHIPPED/node-$version-$1
  SHIPPED_NODE=$folder/node_modules/node-linux-$cpu
  if [ ! -x "$SHIPPED_NODE/bin/node" ]; then fetch_node "$cpu" "$version" "$folder"; fi
  # Tests look for it under a name without a version.
  ln -sfn "${SHIPPED_NODE#"$SHIPPED/"}" "$SHIPPED/node-linux-$cpu"
}

fetch_node() {
  local cpu=$1 version=$2 folder=$3
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$ROOT/packaging/node/package.json" "$NODE_LOCK" "$folder/"
  npm ci --silent --ignore-scripts --no-audit --no-fund --os=linux --cpu="$cpu" --libc=glibc --prefix "$folder" || rm -rf "$folder"
  [ -x "$SHIPPED_NODE/bin/node" ] || fail "npm has no node-linux-$cpu@$version with the hash that packaging/node/package-lock.json names"
}

# need_shipped_binding ARCH: sets SHIPPED_BINDING to the binding of better-sqlite3 for that Node, compiled here from the package's own sources:
# what may be prebuilt elsewhere was linked with somebody else's C library. A minute or two, for another architecture too.
need_shipped_binding() {
  local prefix key folder package=$ROOT/node_modules/better-sqlite3
  [ -d "$package" ] || fail 'the npm packages are missing: npm ci'
  need_shipped_node "$1"
  prefix=$(tool_prefix "$1")
  have "${prefix}g++" && have "${prefix}strip" || need_compiler "$1"
  # What decides its bytes: sources, headers, compiler.
  key=$({
    shipped_node_version
    node -p 'JSON.parse(fs.readFileSync(process.argv[1], "utf8")).packages["node_modules/better-sqlite3"].integrity' "$ROOT/package-lock.json"
    "${prefix}g++" --version | head -n 1
    declare -f compile_binding
  } | sha256sum | cut -c 1-16)
  SHIPPED_BINDING=$SHIPPED/binding-$1-$key/better_sqlite3.node
  [ ! -f "$SHIPPED_BINDING" ] || return 0

  note "compiling SQLite's binding for $1"
  folder=$(mktemp -d "$SHIPPED/.binding.XXXXXX")
  cp -r "$package" "$folder/better-sqlite3"
  rm -rf "$folder/better-sqlite3/build"
  compile_binding "$1" "$folder/better-sqlite3" "$prefix" >"$folder/log" 2>&1 ||
    fail_with_log "$folder/log" "the binding of better-sqlite3 for $1 cannot be built"
  mkdir -p "${SHIPPED_BINDING%/*}"
  mv "$folder/better-sqlite3/build/Release/better_sqlite3.node" "$SHIPPED_BINDING"
  rm -rf "$folder"
}

# compile_binding ARCH FOLDER PREFIX. Of where it was compiled nothing is in it: the same bytes in every folder.
compile_binding() {
  local map="-ffile-prefix-map=$2=."
  (
    cd "$2" || exit
    export CC="$3gcc" CXX="$3g++" AR="$3ar" CFLAGS="$map" CXXFLAGS="$map"
    export npm_config_nodedir="$SHIPPED_NODE" npm_config_build_from_source=true npm_config_jobs=2
    npm_config_arch=$(npm_arch "$1") npm run install || exit
    "$3strip" --strip-unneeded build/Release/better_sqlite3.node
  )
}

need_compiler() {
  case $(tool_prefix "$1") in
    '') need_packages build-essential python3 ;;
    aarch64-*) need_packages build-essential python3 g++-aarch64-linux-gnu ;;
    *) need_packages build-essential python3 g++-x86-64-linux-gnu ;;
  esac
}
