import FoundationEssentials
import Glibc
import Identity
import LedgerCore
import Node

/// Figures that are read off the node at each scrape.
enum NodeGauges {
    static func install(
        in registry: PrometheusRegistry, node: CairnNode, budget: ByteBudget,
        authenticator: Authenticator, connections: OpenConnections,
        clock: @escaping @Sendable () -> UInt64
    ) {
        let startedMs = clock()
        registry.onScrape { registry in
            if let header = try? Header(bytes: node.engine.head.headerBytes) {
                registry.gauge("cairn_ledger_height").set(Double(header.height))
                registry.gauge("cairn_ledger_log_size").set(
                    Double(header.logSize) + 1)
            }
            follower(registry, node, nowMs: clock())
            cosigners(registry, node)
            outside(registry, node)
            registry.gauge("cairn_recovered_blocks").set(Double(node.recoveredBlocks))
            registry.gauge("cairn_fragments_mended").set(Double(node.mendedFragments))
            let collected = node.orphans.tally
            registry.gauge("cairn_orphan_versions_collected").set(Double(collected.versions))
            registry.gauge("cairn_orphan_packs_collected").set(Double(collected.packs))
            registry.gauge("cairn_orphan_fragments_collected").set(Double(collected.fragments))
            registry.gauge("cairn_uptime_seconds").set(
                Double(clock() &- startedMs) / 1_000)
            registry.gauge("cairn_body_bytes_in_memory").set(Double(budget.taken))
            registry.gauge("cairn_connections_open").set(Double(connections.count))
            registry.gauge("cairn_request_nonces_remembered").set(
                Double(authenticator.replays.count))
            registry.gauge("cairn_tokens_cached").set(Double(authenticator.tokens.cachedCount))
            if let bytes = residentBytes() {
                registry.gauge("process_resident_memory_bytes").set(Double(bytes))
            }
        }
    }

    /// How far a node that follows is behind the node that orders; nothing where this one orders.
    private static func follower(
        _ registry: PrometheusRegistry, _ node: CairnNode, nowMs: UInt64
    ) {
        guard let status = node.follower?.status else { return }
        registry.gauge("cairn_follower_connected").set(status.isConnected ? 1.0 : 0)
        registry.gauge("cairn_follower_halted").set(node.engine.halted?.code == .halted ? 1.0 : 0)
        registry.gauge("cairn_follower_waits_for_space").set(
            node.engine.isWaitingForSpace ? 1.0 : 0)
        guard let blocks = status.blocksBehind, let ms = status.msBehind else { return }
        registry.gauge("cairn_follower_blocks_behind").set(Double(blocks))
        registry.gauge("cairn_follower_seconds_behind").set(Double(ms) / 1_000)
        registry.gauge("cairn_follower_silence_seconds").set(
            Double(nowMs - min(status.heardMs, nowMs)) / 1_000)
    }

    /// How many blocks the head is ahead of each member's newest cosignature.
    private static func cosigners(_ registry: PrometheusRegistry, _ node: CairnNode) {
        guard let behind = try? node.finality.blocksBehind() else { return }
        for (member, blocks) in behind {
            registry.gauge("cairn_member_blocks_behind", [("member", "\(member)")]).set(
                Double(blocks))
        }
    }

    /// Witnesses and timestamps from outside; nothing where none are configured.
    private static func outside(_ registry: PrometheusRegistry, _ node: CairnNode) {
        for state in node.publication.states {
            let label = [("witness", state.name)]
            registry.gauge("cairn_witness_size", label).set(Double(state.size))
            registry.gauge("cairn_witness_failing", label).set(state.problem == nil ? 0 : 1.0)
        }
        for (origin, size) in node.witness.sizes {
            registry.gauge("cairn_witnessed_log_size", [("log", origin)]).set(Double(size))
        }
        if let (_, seconds) = try? node.finality.cosignedTime() {
            registry.gauge("cairn_cosigned_time_seconds").set(Double(seconds))
        }
        guard let status = try? node.timestamps.status() else { return }
        registry.gauge("cairn_timestamp_size").set(Double(status.size))
        registry.gauge("cairn_timestamp_pending_seconds").set(Double(status.pendingMs) / 1_000)
        registry.gauge("cairn_timestamp_late").set(status.isLate ? 1.0 : 0)
        registry.gauge("cairn_timestamp_failures").set(Double(status.failures))
    }

    /// The second number of /proc/self/statm, in pages.
    static func residentBytes() -> Int? {
        guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else {
            return nil
        }
        let parts = String(decoding: data, as: UTF8.self).split(separator: " ")
        guard parts.count > 1, let pages = Int(parts[1]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
