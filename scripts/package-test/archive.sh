# shellcheck shell=bash
# install.sh of the archive on Debian 12 with systemd and a Docker of the box's own.

test_archive() {
  box_image "$BOX_IMAGE" "$BOX_PACKAGES"
  box_start "$BOX_IMAGE"
  until_true 60 'Docker answers in the box' box 'docker info'
  box_hello
  installed_by_script
  rolled_back
  taken_away
  refused_beside_package
}

installed_by_script() {
  passes 'install.sh installs and starts the service' box '/made/0.1.0/install.sh'
  until_true 30 'it answers' status_is 200 /healthz
  passes '  a function is deployed and called' deploy_hello
  passes '  the second time it changes nothing and restarts nothing' box '
    pid=$(systemctl show -p MainPID --value sampan)
    /made/0.1.0/install.sh >/tmp/again
    found "is installed already" /tmp/again
    [ "$pid" = "$(systemctl show -p MainPID --value sampan)" ]'
  passes '  the unit has no mistakes' box '
    systemd-analyze verify /etc/systemd/system/sampan.service >/tmp/verify 2>&1 || true
    not grep sampan /tmp/verify'
  local before
  before=$(function_ids)
  passes 'install.sh of the next release upgrades' box '
    echo "# edited" >>/etc/sampan/sampan.env
    /made/0.1.1/install.sh
    found "# edited" /etc/sampan/sampan.env
    sampan version | found 0.1.1
    [ "$(ls /opt/sampan/releases | wc -l)" = 2 ]'
  [ "$before" = "$(function_ids)" ] || fail 'an upgrade replaced containers'
  passes '  a container starts again when the release of its time is gone' box '
    rm -rf /opt/sampan/releases/0.1.0-*
    docker restart $(docker ps -q --filter label=com.sampan.registry) >/dev/null'
  until_true 30 'it serves again' status_is 200 /function/hello
}

rolled_back() {
  local before
  before=$(function_ids)
  passes 'a release that does not start is taken back, with its last words and status 1' box '
    status=0
    SAMPAN_INSTALL_WAIT=10 /made/0.1.2/install.sh >/tmp/broken 2>&1 || status=$?
    [ "$status" = 1 ]
    found "broken on purpose" /tmp/broken
    found "went back to 0.1.1-.*, which serves" /tmp/broken
    sampan version | found 0.1.1
    found "ExecStart=/opt/sampan/current/bin/node" /etc/systemd/system/sampan.service'
  until_true 30 'the one before serves' status_is 200 /function/hello
  [ "$before" = "$(function_ids)" ] || fail 'the way back replaced containers'
  passes '  that release is put aside, and the next installation works' box '
    /made/0.1.0/install.sh
    sampan version | found 0.1.0'
  until_true 30 'it serves' status_is 200 /function/hello
}

taken_away() {
  local before
  before=$(function_ids)
  passes '--uninstall leaves data, settings and running functions' box '
    /opt/sampan/current/install.sh --uninstall
    [ ! -e /opt/sampan ]
    [ ! -e /usr/local/bin/sampan ]
    [ -e /var/lib/sampan/registry.db ]
    [ -e /etc/sampan/sampan.env ]
    [ -z "$(systemctl list-unit-files sampan.service --no-legend)" ]'
  [ "$before" = "$(function_ids)" ] || fail '--uninstall touched containers'
  box '/made/0.1.1/install.sh' >/dev/null
  until_true 30 'it serves' status_is 200 /function/hello
  passes '--uninstall --purge leaves nothing but images and the user' box '
    /opt/sampan/current/install.sh --uninstall --purge
    [ -z "$(docker ps -aq --filter label=com.sampan.registry)" ]
    [ -z "$(docker network ls -q --filter label=com.sampan.registry)" ]
    for path in /opt/sampan /var/lib/sampan /etc/sampan /run/sampan; do [ ! -e "$path" ]; done
    docker image inspect localhost/sampan/hello:latest >/dev/null
    found ^sampan: /etc/passwd'
  passes 'the first installation of a release that does not start is taken away again' box '
    status=0
    SAMPAN_INSTALL_WAIT=10 /made/0.1.2/install.sh >/tmp/broken 2>&1 || status=$?
    [ "$status" = 1 ]
    found "nothing was installed before" /tmp/broken
    [ ! -e /etc/systemd/system/sampan.service ]
    [ ! -e /opt/sampan/current ]'
}

refused_beside_package() {
  deb 0.1.0 >/dev/null 2>&1
  passes 'install.sh refuses where the package is installed' box '
    status=0
    /made/0.1.1/install.sh >/tmp/refused 2>&1 || status=$?
    [ "$status" = 1 ]
    found "the Debian package sampan is installed" /tmp/refused
    [ ! -e /opt/sampan ]'
  box 'dpkg --purge sampan' >/dev/null 2>&1
}
