# Writes the address that Akri found, and the broker's name, into the agent's configuration, and becomes the agent.
set -eu
# OPCUA_DISCOVERY_URL_<hash of the instance> since Akri 0.12, without the hash before.
url=$(env | sed -n 's/^OPCUA_DISCOVERY_URL[_0-9A-Fa-f]*=//p' | head -n 1)
case "$url" in
  opc.tcp://*) ;;
  *) echo "Akri named no OPC UA server (OPCUA_DISCOVERY_URL)" >&2; exit 78 ;;
esac
# A server names itself: nothing that it says may become configuration.
case "$url" in
  *[!A-Za-z0-9.:/_-]*) echo "the server's address has characters that no address needs" >&2; exit 78 ;;
esac
case "$POD_NAME" in
  *[!a-z0-9.-]*) echo "the pod's name is none" >&2; exit 78 ;;
esac
folder=${STETHOS_CONFIG:-/etc/stethos}
out=${TMPDIR:-/tmp}/agent.yaml
sed -e "s|@ENDPOINT@|$url|g" -e "s|@NAME@|$POD_NAME|g" "$folder/agent.yaml" > "$out"
STETHOS_NODE=$POD_NAME exec stethos run --json -c "$out"
