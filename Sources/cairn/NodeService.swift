import CairnClient
import Logging
import Node
import ServiceLifecycle

/// The node as a service: told to stop, it finishes what was accepted.
struct NodeService: Service {
    let node: CairnNode
    /// The way to the node that orders; `nil` where this one does.
    let client: PeerClient?
    /// The way to witnesses and timestamp authorities.
    let outside: OutsideClient
    let logger: Logger

    func run() async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await Memory.releaseRegularly() }
                group.addTask { await watch() }
                // Also when the group cancels it because the gateway failed.
                try await withTaskCancellationOrGracefulShutdownHandler {
                    try await node.run(
                        client.map(PeerWiring.transport), outside: OutsideTransport(outside))
                } onCancelOrGracefulShutdown: {
                    node.stop()
                }
                group.cancelAll()
            }
        } catch {
            await client?.shutdown()
            await outside.shutdown()
            throw error
        }
        await client?.shutdown()
        await outside.shutdown()
    }

    /// Says in the log when the node that orders comes and goes, what was collected, and why this
    /// one halts.
    private func watch() async {
        var before: (connected: Bool, problem: String?) = (false, nil)
        var isHalted = false
        var collected = OrphanCollector.Tally()
        var problem: String?
        var waited = false
        var telling = OutsideTelling(logger: logger)
        while !Task.isCancelled {
            if let status = node.follower?.status {
                let now = (connected: status.isConnected, problem: status.problem)
                if now.connected, !before.connected {
                    logger.notice(
                        "following the ordering node",
                        metadata: ["height": "\(status.leaderHeight)"])
                } else if let problem = now.problem, now.problem != before.problem {
                    logger.warning(
                        "cannot follow the ordering node", metadata: ["why": "\(problem)"])
                }
                before = now
            }
            tellOrphans(&collected, &problem)
            telling.tell(node)
            if !isHalted, let halted = node.engine.halted, halted.code == .halted {
                isHalted = true
                logger.critical(
                    "\(halted.message)", metadata: ["hint": "\(halted.hint ?? "")"])
            }
            let waits = node.engine.isWaitingForSpace
            if waits != waited {
                waited = waits
                if waits {
                    logger.error(
                        "no space is left for the ordering node's next block",
                        metadata: ["hint": "free space on this disk; the node goes on by itself"])
                } else {
                    logger.notice("there is space for blocks again")
                }
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
        tellOrphans(&collected, &problem)
    }

    private func tellOrphans(_ before: inout OrphanCollector.Tally, _ problem: inout String?) {
        let now = node.orphans.tally
        if now != before {
            logger.notice(
                "collected orphans",
                metadata: [
                    "versions": "\(now.versions - before.versions)",
                    "packs": "\(now.packs - before.packs)",
                    "fragments": "\(now.fragments - before.fragments)",
                ])
            before = now
        }
        if problem != node.orphans.problem {
            problem = node.orphans.problem
            if let problem {
                logger.warning("cannot collect orphans", metadata: ["why": "\(problem)"])
            }
        }
    }
}
