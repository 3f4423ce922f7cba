#!/usr/bin/env bash
# A Kafka broker of one's own, for tests: Apache Kafka's, by Maven, on this machine's loopback.
#
#   broker.sh start [N]   starts N brokers (1 by default) as one cluster, waits until they answer, prints their addresses
#   broker.sh stop        stops them
#
#   broker.sh topic NAME [PARTITIONS]   makes a topic
#   broker.sh write TOPIC               writes the lines of its input, a message each
#   broker.sh read TOPIC                shows headers, keys and texts of what is committed and what comes, until Ctrl-C
#
#   broker.sh kill ID     kills one at once (SIGKILL)
#   broker.sh up ID       starts one again that was stopped or killed, and waits for it
#   broker.sh down ID     stops one in order
#
# Needs Java 17 or later, and `mvn` the first time. All it writes is below MILLSTREAM_KAFKA_DIR, target/kafka by default:
# the jars in libs/, and the brokers in brokers/. Two clusters at once take two folders and MILLSTREAM_KAFKA_PORT, the first
# of 3 ports a broker: for its clients, for clients with a password, for its controller.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
base=${CARGO_TARGET_DIR:-$here/../../target}
dir=${MILLSTREAM_KAFKA_DIR:-$base/kafka}
libs=${MILLSTREAM_KAFKA_LIBS:-$base/kafka/libs}
port=${MILLSTREAM_KAFKA_PORT:-19092}
user=millstream
password=${MILLSTREAM_KAFKA_PASSWORD:-a-password-of-tests}

log() { echo "$@" >&2; }

fetch() { # JAR
    [ -e "$libs/complete" ] && compgen -G "$libs/$1-[0-9]*.jar" >/dev/null && return
    command -v mvn >/dev/null || { log "no \`mvn\` to fetch Kafka with"; exit 3; }
    mkdir -p "$libs"
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory="$libs" >"$libs/fetch.log" 2>&1 || { tail -n 20 "$libs/fetch.log" >&2; exit 3; }
    touch "$libs/complete"
}

java_is_there() {
    command -v java >/dev/null || { log "no \`java\` to run Kafka with"; exit 3; }
}

# In place of the shell that runs it, so that its process is the one to be killed.
run() { # MEMORY CLASS ARGUMENTS…
    local memory=$1
    shift
    exec java -Xms64m "-Xmx$memory" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto \
        -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$libs/*" "$@"
}

tool() { # CLASS ARGUMENTS…
    java_is_there
    fetch kafka-tools
    [ -e "$dir/brokers/count" ] || { log "no broker has been started here: broker.sh start"; exit 3; }
    local class=$1
    shift
    run 128m "org.apache.kafka.tools.$class" --bootstrap-server "$(addresses)" "$@"
}

client_port() { echo $((port + 3 * ($1 - 1))); }

addresses() {
    local id all=()
    for id in $(seq 1 "$(cat "$dir/brokers/count")"); do all+=("127.0.0.1:$(client_port "$id")"); done
    (IFS=,; echo "${all[*]}")
}

configure() { # ID COUNT
    local id=$1 count=$2 own voters=() n
    own=$(client_port "$id")
    # One controller, with the first broker: the others can come and go.
    mkdir -p "$dir/brokers/$id"
    local roles=broker
    [ "$id" = 1 ] && roles=broker,controller
    local listeners="PLAINTEXT://127.0.0.1:$own,SASL_PLAINTEXT://127.0.0.1:$((own + 1))"
    local advertised=$listeners
    [ "$id" = 1 ] && listeners="$listeners,CONTROLLER://127.0.0.1:$((own + 2))"
    cat >"$dir/brokers/$id/server.properties" <<EOF
node.id=$id
process.roles=$roles
controller.quorum.voters=1@127.0.0.1:$(($(client_port 1) + 2))
controller.listener.names=CONTROLLER
listeners=$listeners
advertised.listeners=$advertised
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_$user="$password";
log.dirs=$dir/brokers/$id/data
auto.create.topics.enable=false
num.partitions=1
offsets.topic.num.partitions=3
offsets.topic.replication.factor=$count
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=$count
transaction.state.log.min.isr=1
min.insync.replicas=1
group.initial.rebalance.delay.ms=0
message.max.bytes=20971520
replica.fetch.max.bytes=20971520
log.retention.check.interval.ms=500
log.segment.delete.delay.ms=100
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.backoff.ms=200
default.replication.factor=$count
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
controlled.shutdown.enable=true
EOF
}

format() { # ID
    rm -rf "$dir/brokers/$1/data"
    (run 128m kafka.tools.StorageTool format --ignore-formatted --cluster-id bWlsbHN0cmVhbS10ZXN0cw \
        --config "$dir/brokers/$1/server.properties") >"$dir/brokers/$1/format.log" 2>&1 ||
        { tail -n 20 "$dir/brokers/$1/format.log" >&2; exit 1; }
}

alive() { kill -0 "$(cat "$dir/brokers/$1/pid" 2>/dev/null || echo none)" 2>/dev/null; }

launch() { # ID
    alive "$1" && return
    (run 512m kafka.Kafka "$dir/brokers/$1/server.properties") </dev/null >>"$dir/brokers/$1/server.log" 2>&1 &
    echo $! >"$dir/brokers/$1/pid"
    disown
}

# Until its clients' port is open, which it is when it has joined the cluster.
await() { # ID
    local own n
    own=$(client_port "$1")
    for n in $(seq 600); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$own") 2>/dev/null; then return; fi
        alive "$1" || { log "broker $1 has ended:"; tail -n 20 "$dir/brokers/$1/server.log" >&2; exit 1; }
        sleep 0.1
    done
    log "broker $1 does not answer:"
    tail -n 20 "$dir/brokers/$1/server.log" >&2
    exit 1
}

end() { # ID SIGNAL
    local pid n
    pid=$(cat "$dir/brokers/$1/pid" 2>/dev/null) || return 0
    kill "-$2" "$pid" 2>/dev/null || true
    for n in $(seq 300); do
        kill -0 "$pid" 2>/dev/null || break
        [ "$n" = 100 ] && kill -KILL "$pid" 2>/dev/null
        sleep 0.1
    done
    rm -f "$dir/brokers/$1/pid"
}

all() { ls "$dir/brokers" 2>/dev/null | grep -E '^[0-9]+$' || true; }

case ${1:-} in
start)
    count=${2:-1}
    java_is_there
    fetch kafka_2.13
    for id in $(all); do end "$id" KILL; done
    rm -rf "$dir/brokers"
    mkdir -p "$dir/brokers"
    echo "$count" >"$dir/brokers/count"
    for id in $(seq 1 "$count"); do configure "$id" "$count"; done
    for id in $(seq 1 "$count"); do format "$id"; done
    for id in $(seq 1 "$count"); do launch "$id"; done
    for id in $(seq 1 "$count"); do await "$id"; done
    addresses
    ;;
stop) for id in $(all | sort -rn); do end "$id" TERM; done ;;
topic) tool TopicCommand --create --topic "${2:?which topic}" --partitions "${3:-1}" ;;
write) tool ConsoleProducer --topic "${2:?which topic}" ;;
read)
    tool consumer.ConsoleConsumer --topic "${2:?which topic}" --from-beginning --isolation-level read_committed \
        --formatter-property print.headers=true --formatter-property print.key=true
    ;;
kill) end "$2" KILL ;;
down) end "$2" TERM ;;
up)
    launch "$2"
    await "$2"
    ;;
*)
    sed -n '2,/^set -e/{/^#/p}' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'
    exit 2
    ;;
esac
