import ArgumentParser
import CairnClient
import FHIR
import Identity
import LedgerCore

/// What the commands share that concern the whole ledger: the majority of the members decides.
///
/// With one member the wallet's stamp suffices. With more, the act waits on the ledger as a
/// proposal; where the ledger does not run approvals yet, its stamps are collected in a file.
struct Acting: ParsableArguments {
    @Option(help: "Several members: collect their stamps in this file, for ten minutes at most.")
    var out: String?

    @Option(help: "Several members: how many days a proposal waits, 1 to 30.")
    var days: UInt64 = 7

    @OptionGroup package var channel: ChannelOptions
    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        guard (1...30).contains(days) else { throw ValidationError("--days is 1 to 30") }
    }

    /// Stamps a command of the members contract, and brings it about or on its way.
    func act(
        _ command: [UInt8], _ status: ContractsStatus, _ client: CairnHTTPClient, _ wallet: Wallet
    ) async throws {
        let now = WallClock.nowMs()
        func intent(_ contract: String, _ version: UInt32, _ command: [UInt8], _ lastsMs: UInt64)
            -> Intent
        {
            StampedIntent.intent(
                contract: contract, version: version, command: command, channel: channel.channel,
                wallet: wallet, nowMs: now, lastsMs: lastsMs, nonce: Fresh.identifier())
        }
        if let out {
            var act = CollectedAct(intent("members", 2, command, CollectedAct.lastsMs))
            try act.stamp(with: wallet)
            try FileWriting.write(act.bytes, to: out)
            return tell("wrote \(out); others add their stamps with `cairn network stamp`", [])
        }
        guard status.members > 1 else {
            var act = CollectedAct(intent("members", 2, command, StampBuilder.afterMs))
            try act.stamp(with: wallet)
            _ = try await client.submit([StampedIntent(act)], channel: channel.channel)
            return tell("done, transaction \(act.id)", [("transaction", "\(act.id)")])
        }
        guard status.runs("approvals", 1), status.runs("members", 2) else {
            throw CommandFailure(
                .refused, "needs-stamps",
                "most of the \(status.members) members' administrators must stamp this",
                hint: "use --out FILE; others run `cairn network stamp FILE`, then you run "
                    + "`cairn network submit FILE`, all within ten minutes")
        }
        let proposed = intent("members", 2, command, days * 86_400_000).bytes
        var act = CollectedAct(
            intent("approvals", 1, Act.propose(proposed), StampBuilder.afterMs))
        try act.stamp(with: wallet)
        _ = try await client.submit([StampedIntent(act)], channel: channel.channel)
        let id = Intent.id(of: proposed)
        let after = try await client.proposal(id, channel: channel.channel)
        tell(
            "proposal \(id): \(after.standing)",
            [("proposal", "\(id)"), ("standing", after.standing)])
    }

    /// Stamps a command of the approvals contract and hands it in.
    func say(
        _ command: [UInt8], about id: Digest, _ client: CairnHTTPClient, _ wallet: Wallet
    ) async throws {
        let intent = try StampedIntent(
            contract: "approvals", command: command, channel: channel.channel, wallet: wallet,
            nowMs: WallClock.nowMs(), nonce: Fresh.identifier())
        _ = try await client.submit([intent], channel: channel.channel)
        let after = try await client.proposal(id, channel: channel.channel)
        tell(
            "proposal \(id): \(after.standing)",
            [("proposal", "\(id)"), ("standing", after.standing)])
    }

    func tell(_ line: String, _ members: [(String, String)]) {
        guard output.json else { return Output.line(line) }
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in members { writer.member(name, value) }
        writer.endObject()
        Output.json(writer.bytes)
    }
}
