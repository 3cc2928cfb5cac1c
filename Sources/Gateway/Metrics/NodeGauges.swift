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
