# shellcheck shell=bash
# The Debian package on Debian 12 with systemd: without Docker, and with one of the box's own.

test_package() {
  box_image "$PLAIN_IMAGE" "$PLAIN_PACKAGES"
  box_image "$BOX_IMAGE" "$BOX_PACKAGES"
  without_docker
  box_start "$BOX_IMAGE"
  until_true 60 'Docker answers in the box' box 'docker info'
  box_hello
  installs
  upgrades_under_load
  settings_and_downgrades
  capabilities
  crashes
  removes_and_purges
  interrupted
}

without_docker() {
  box_start "$PLAIN_IMAGE"
  passes 'without Docker the package is installed' deb 0.1.0
  grep -q 'sudo sampan doctor' "$MADE/last.log" || fail 'it does not name doctor'
  until_true 30 'it answers' status_is 503 /healthz
  passes '  the service is active and enabled, data and password are for its user alone' box '
    systemctl is-active sampan
    systemctl is-enabled sampan
    [ "$(stat -c "%a %U" /var/lib/sampan)" = "700 sampan" ]
    [ "$(stat -c "%a %U" /var/lib/sampan/basic-auth-password)" = "600 sampan" ]
    found ^docker: /etc/group
    [ "$(stat -c %a /etc/sampan/sampan.env)" = 640 ]'
  passes '  the command works, and starts no second daemon' box '
    sampan --help
    not sampan xyz
    [ "$(pgrep -c -f "dist/src/[m]ain.js")" = 1 ]'
  passes '  the unit has no mistakes' box '[ -z "$(systemd-analyze verify /usr/lib/systemd/system/sampan.service 2>&1 | grep sampan)" ]'
  passes '  its exposure is 2.1 at most by systemd-analyze security' box 'systemd-analyze security --threshold=21 sampan'
  box 'systemd-analyze security sampan | tail -n 1'
  passes '  purge without Docker ends well, prints what to do later and leaves the user alone' box '
    dpkg --purge sampan >/tmp/purge 2>&1
    found "docker rm -f" /tmp/purge
    for path in /var/lib/sampan /etc/sampan /run/sampan /usr/lib/sampan; do [ ! -e "$path" ]; done
    found ^sampan: /etc/passwd'
}

installs() {
  passes 'with Docker the package is installed' deb 0.1.0
  until_true 30 'it answers' status_is 200 /healthz
  passes '  a function with a secret is deployed and called' deploy_hello
  passes '  an asynchronous call is taken and made' box 'curl -s -o /dev/null -w "%{http_code}" -d later http://127.0.0.1:8080/async-function/hello | grep -q 202'
  until_true 30 'the asynchronous call was made' box 'curl -s http://127.0.0.1:8082/metrics | grep "gateway_function_invocation_total.*hello" | grep -qv " 1$"'
}

# Calls twenty times a second in the box until the file /tmp/stop is there, and notes each status with its time.
call_on() {
  box 'rm -f /tmp/stop /tmp/calls; (while [ ! -e /tmp/stop ]; do
    printf "%s %s\n" "$(date +%s%3N)" "$(curl -s -o /dev/null -m 5 -w "%{http_code}" http://127.0.0.1:8080/function/hello)" >>/tmp/calls; sleep 0.03; done) >/dev/null 2>&1 &'
}

# Milliseconds between the last call that was answered before the gap and the first one after it.
gap_ms() {
  box 'touch /tmp/stop; awk "\$2 != 200 { if (!from) from = last; bad++ } \$2 == 200 { if (from) { if (\$1 - from > most) most = \$1 - from; from = 0 } last = \$1; good++ }
    END { print most + 0, bad + 0, good + 0 }" /tmp/calls'
}

upgrades_under_load() {
  local before gap
  before=$(function_ids)
  box 'echo "# edited" >>/etc/sampan/sampan.env'
  call_on
  passes 'an upgrade asks nothing' deb 0.1.1
  until_true 30 'it answers' status_is 200 /healthz
  sleep 1
  gap=$(gap_ms)
  note "calls failed for: $gap (milliseconds, failed, answered)"
  [ "${gap%% *}" -le "${PACKAGE_TEST_GAP_MS:-5000}" ] || fail "calls failed for ${gap%% *} ms"
  [ "$before" = "$(function_ids)" ] || fail 'an upgrade replaced containers'
  passes '  the functions are the same containers, settings are kept, and it is the new version' box '
    found "# edited" /etc/sampan/sampan.env
    sampan version 2>&1 | found 0.1.1'
  passes '  a container that is started again finds its watchdog' box '
    docker restart $(docker ps -q --filter label=com.sampan.registry) >/dev/null; sleep 1'
  until_true 30 'it serves again' status_is 200 /function/hello
}

settings_and_downgrades() {
  box 'echo SAMPAN_READ_TIMEOUT=soon >>/etc/sampan/sampan.env'
  passes 'an upgrade with a wrong setting ends well' deb 0.1.1
  until_true 30 'the service has failed' box '[ "$(systemctl is-active sampan)" = failed ]'
  passes '  it was tried once, and the journal says why' box '
    [ "$(systemctl show -p NRestarts --value sampan)" = 0 ]
    [ "$(systemctl show -p ExecMainStatus --value sampan)" = 1 ]
    journalctl -u sampan | found "SAMPAN_READ_TIMEOUT: "'
  box 'sed -i /soon/d /etc/sampan/sampan.env && systemctl restart sampan'
  until_true 30 'it answers' status_is 200 /healthz
  passes 'a downgrade with the same registry works' deb 0.1.0
  until_true 30 'it answers' status_is 200 /function/hello
  passes 'a package with a newer registry is installed' deb 0.2.0
  passes '  a downgrade from it is refused with a sentence, and changes nothing' refused_downgrade
  until_true 30 'it answers' status_is 200 /function/hello
}

refused_downgrade() {
  ! deb 0.1.1 >"$MADE/refused.log" 2>&1 && grep -q 'has version 999, and this release knows' "$MADE/refused.log" &&
    box '[ "$(dpkg-query -W -f "\${Version} \${db:Status-Status}" sampan)" = "0.2.0 installed" ]
      systemctl is-active sampan
      echo 1 >/usr/lib/sampan/dist/registry-version' && deb 0.1.1
}

# What the sandbox must not take from it.
capabilities() {
  until_true 30 'it answers' status_is 200 /function/hello
  passes 'the daemon freezes by the files of cgroups, and sets the rules that keep functions from the host' box '
    curl -s -u admin:$(cat /var/lib/sampan/basic-auth-password) http://127.0.0.1:8080/system/info >/tmp/info
    cat /tmp/info
    found "\"freezer\":.*cgroup" /tmp/info
    iptables -S | found SAMPAN-IN'
  passes '  nothing in the journal was not permitted, and it runs confined' box '
    journalctl -u sampan -o cat >/tmp/journal
    not grep -E "EPERM|not permitted|EACCES|EROFS" /tmp/journal
    pid=$(systemctl show -p MainPID --value sampan)
    found "^NoNewPrivs:.1" /proc/$pid/status
    found "^Seccomp:.2" /proc/$pid/status'
  passes '  it cannot write elsewhere' box '
    pid=$(systemctl show -p MainPID --value sampan)
    for path in /etc /usr/lib/sampan /var/lib /root; do not nsenter -t "$pid" -m -- touch "$path/x"; done
    [ -z "$(nsenter -t "$pid" -m -- cat /etc/shadow)" ]'
}

crashes() {
  local round
  for round in 1 2 3 4 5 6 7; do
    box 'kill -9 $(systemctl show -p MainPID --value sampan)'
    until_true 30 "it is back after crash $round" status_is 200 /function/hello
  done
  passes 'it came back after seven crashes in a row' box '[ "$(systemctl show -p NRestarts --value sampan)" = 7 ]'
  # What went before has nats-servers that systemd killed after their daemons.
  box 'date "+%F %T" >/tmp/since; sleep 1; systemctl stop sampan'
  passes 'a stop ends nats-server by itself, and functions run on' box '
    journalctl -u sampan -o cat --since "$(cat /tmp/since)" >/tmp/journal
    found "nats-server ended.*status 0" /tmp/journal
    not found "Killing process" /tmp/journal
    not pgrep nats-server
    [ "$(docker ps -q --filter label=com.sampan.registry | wc -l)" -gt 0 ]'
  box 'systemctl start sampan'
}

removes_and_purges() {
  local before
  until_true 30 'it answers' status_is 200 /function/hello
  before=$(function_ids)
  passes 'remove keeps data, settings and running functions' box '
    dpkg --remove sampan
    not systemctl is-active sampan
    [ -e /etc/sampan/sampan.env ]
    [ -e /var/lib/sampan/registry.db ]'
  [ "$before" = "$(function_ids)" ] || fail 'remove touched containers'
  passes 'installed again it adopts them' deb 0.1.1
  until_true 30 'it answers' status_is 200 /function/hello
  [ "$before" = "$(function_ids)" ] || fail 'containers were replaced'
  passes 'purge removes containers, networks, rules, data and settings, and leaves images' box '
    dpkg --purge sampan
    [ -z "$(docker ps -aq --filter label=com.sampan.registry)" ]
    [ -z "$(docker network ls -q --filter label=com.sampan.registry)" ]
    iptables -S >/tmp/rules
    not grep -i sampan /tmp/rules
    for path in /var/lib/sampan /etc/sampan /run/sampan; do [ ! -e "$path" ]; done
    [ -z "$(systemctl list-unit-files sampan.service --no-legend)" ]
    docker image inspect localhost/sampan/hello:latest >/dev/null'
}

interrupted() {
  passes 'an installation that is killed while it unpacks is completed by the next one' box "
    dpkg -i /made/small/sampan_0.1.0_$(host_arch).deb >/dev/null 2>&1 & pid=\$!
    while [ ! -e /usr/lib/sampan ] && [ -z \"\$(ls /usr/lib/sampan.dpkg* /usr/lib/sampan 2>/dev/null)\" ] && kill -0 \$pid; do :; done
    kill -9 \$pid; wait \$pid || true
    rm -f /var/lib/dpkg/lock; dpkg -i /made/small/sampan_0.1.0_$(host_arch).deb
    dpkg --configure -a
    [ \"\$(dpkg-query -W -f '\${db:Status-Status}' sampan)\" = installed ]"
  until_true 30 'it answers' status_is 200 /healthz
  box 'dpkg --purge sampan' >/dev/null 2>&1
}
