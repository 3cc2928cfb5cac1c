import FHIR
import Hummingbird
import LedgerCore
import Node

/// Health and discovery, for anyone: they say nothing that a stranger may not know.
extension Handlers {
    /// The process answers.
    func livez() -> Response { Answer.bytes(Array("ok\n".utf8), mediaType: Answer.text) }

    /// Whether the node takes work. One that follows says how far it is behind; while it only
    /// lags, or the ordering node is away, reads go on and it is ready.
    func readyz() -> Response {
        if let halted = node.engine.halted { return unready(halted.message) }
        switch lifecycle.phase {
        case .starting: return unready("starting")
        case .stopping: return unready("stopping")
        case .ready: break
        }
        if let status = try? node.timestamps.status(), status.isClosed {
            return unready(FollowWords.timestamps(status))
        }
        if let held = node.engine.held {
            return ready("ready\nreads only: \(held.message)" + warnings)
        }
        guard let status = node.follower?.status else { return ready("ready" + warnings) }
        if node.engine.isWaitingForSpace {
            return unready(
                "no space is left for the ordering node's next block; \(FollowWords.lag(status))")
        }
        return ready(
            "ready\n\(status.isConnected ? "following" : "not following: reads only"); "
                + FollowWords.lag(status) + warnings)
    }

    /// What is wrong without keeping the node from its work, a line each.
    private var warnings: String {
        var lines = [String]()
        if let status = try? node.timestamps.status(), status.isLate {
            lines.append(FollowWords.timestamps(status))
        }
        for state in node.publication.states {
            if let problem = state.problem { lines.append("witness \(state.name): \(problem)") }
        }
        return lines.map { "\n" + $0 }.joined()
    }

    private func ready(_ text: String) -> Response {
        Answer.bytes(Array("\(text)\n".utf8), mediaType: Answer.text)
    }

    private func unready(_ text: String) -> Response {
        Answer.bytes(
            Array("\(text)\n".utf8), mediaType: Answer.text, status: .serviceUnavailable)
    }

    /// Which network, member and node this is, and with which keys its checkpoints are checked.
    func discovery() -> Response {
        let identity = node.identity
        var writer = JSONWriter(capacityBytes: 1_024)
        writer.beginObject()
        writer.member("name", identity.genesis.body.name)
        writer.member("network", "\(identity.genesis.digest)")
        writer.member("channel", CairnNode.channel)
        writer.member("member", "\(identity.member)")
        writer.member("node", "\(identity.node)")
        writer.member("version", configuration.version)
        writer.key("sample")
        writer.boolean(identity.genesis.body.parameters.sample)
        writer.key("checkpointKeys")
        writer.beginArray()
        for key in (try? node.finality.keys()) ?? [] { writer.string(key.text) }
        writer.endArray()
        writer.member("witnessKey", node.checkpoints.memberKey.text)
        writer.key("outsideWitnessKeys")
        writer.beginArray()
        for key in node.publication.keys { writer.string(key.text) }
        writer.endArray()
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    /// The figures, as Prometheus reads them.
    func scrape(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        return Answer.bytes(
            metrics.text(), mediaType: "text/plain; version=0.0.4; charset=utf-8")
    }
}
