# A server to try this with: an sshd on 127.0.0.1 that lets in whoever has the key made here, into ./server/home.
# `. ./server.sh` starts it and has ssh know it as `server`, `stop_server` ends it. It takes OpenSSH's sshd and client.

place=$PWD/server
port=${PORT:-$((20000 + $$ % 20000))}
mkdir -p "$place/home" "$place/bin"
for name in host user; do
    test -f "$place/$name" || ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$place/$name"
done
test "$(id -u)" != 0 || mkdir -p -m 755 /run/sshd  # where the system's own service is not running
cat >"$place/sshd_config" <<END
ListenAddress 127.0.0.1:$port
HostKey "$place/host"
AuthorizedKeysFile "$place/user.pub"
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
SetEnv HOME="$place/home" PATH="$PATH"
ForceCommand cd '$place/home' && eval "\$SSH_ORIGINAL_COMMAND"
END
cat >"$place/ssh_config" <<END
Host server web1 web2
    HostName 127.0.0.1
    Port $port
    IdentityFile "$place/user"
    IdentitiesOnly yes
    HostKeyAlias server
    UserKnownHostsFile "$place/known_hosts"
END
# ssh asks before it trusts a key, and this one was made above.
echo "server $(cut -d ' ' -f 1,2 "$place/host.pub")" >"$place/known_hosts"
printf '#!/bin/sh\nexec %s -F "%s" "$@"\n' "$(command -v ssh)" "$place/ssh_config" >"$place/bin/ssh"
chmod +x "$place/bin/ssh"
sshd=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v sshd)
"$sshd" -D -e -f "$place/sshd_config" 2>"$place/log" &
server_process=$!
stop_server() { kill "$server_process"; }
PATH=$place/bin:$PATH
tries=0
until ssh server true 2>/dev/null; do
    tries=$((tries + 1))
    if test $tries = 50; then cat "$place/log"; break; fi
    sleep 0.1
done
