import Contracts
import Identity
import LedgerCore
import Node
import Ordering

/// Another member's node that has everything to catch up: each block's stamps verified, each
/// applied and compared with the header that the ordering node signed.
enum CatchupBench {
    static func run(seconds: Int, folder: BenchFolder) async throws -> BenchResult {
        let data = DataDirectory(folder.path + "/first")
        let first = try CairnNode.open(
            NodeConfiguration(directory: data), clock: ServeCommand.clock)
        async let running: Void = first.engine.run { _ in }
        let joined = try await join(folder.path + "/second", first, data)
        let author = try await LedgerLoad.enrol(first, data)
        let bound = await VerificationBound.measure(author.key)
        // At least as much as is caught up in the time.
        let count = seconds * 25_000
        for start in stride(from: 0, to: count, by: 100_000) {
            let prepared = try await LedgerLoad.prepare(
                min(100_000, count - start), writes: LedgerLoad.writesUsual, author: author,
                node: first)
            _ = await LedgerLoad.submit(prepared, to: first, inFlight: LedgerBench.inFlight)
        }
        await LedgerLoad.settle(first)
        let goal = first.engine.head.tip
        let second = try CairnNode.open(
            NodeConfiguration(directory: joined), clock: ServeCommand.clock)
        let before = second.engine.head.tip.log.size
        let clock = ContinuousClock()
        let start = clock.now
        async let following: Void = second.run(transport(to: first))
        while second.engine.head.tip.height < goal.height, second.engine.halted == nil {
            try await Task.sleep(for: .milliseconds(10))
        }
        let elapsed = (clock.now - start).inSeconds
        guard second.engine.head.tip.hash == goal.hash else {
            throw CommandFailure(
                .checkFailed, "not-caught-up",
                "the second node did not come to the first one's state",
                hint: "run it again with more seconds")
        }
        let done = Int(second.engine.head.tip.log.size - before)
        second.stop()
        first.engine.stop()
        try await following
        try await running
        try second.close()
        try first.close()
        return BenchResult(
            name: "catchup", value: Double(done) / elapsed, unit: "transactions/s",
            bound: bound.rate, boundName: "P-256 verification alone, all cores", p50Ms: 0,
            p99Ms: 0, fsyncP99Ms: Machine.fsyncP99(folder: folder.path, bytes: 256 * 1024),
            sample: done, seconds: elapsed)
    }

    /// A second member, admitted by the first: its folder, ready to follow.
    private static func join(
        _ path: String, _ first: CairnNode, _ data: DataDirectory
    ) async throws -> DataDirectory {
        let directory = DataDirectory(path)
        guard let invitations = first.invitations else { return directory }
        let joining = try Joining.begin(
            directory, url: "https://localhost:1", invitation: try invitations.make(),
            member: "Second", passphrase: nil, nowMs: ServeCommand.clock())
        _ = try invitations.knock(
            try Knock(bytes: try joining.knock()),
            transportKey: try SigningKey.p256(joining.keys.transport).publicKey())
        var command = WireMembersCommand()
        command.admit = joining.membership.admit
        let wallet = try WalletFile.read(data.administratorWallet).unlock(passphrase: nil)
        let intent = LedgerLoad.intentBytes(
            first, author: wallet.person, contract: .members, command: Wire.encode(command))
        let stamp = try EStamp(
            intent: Intent.id(of: intent), purpose: .author,
            signingWith: wallet.defaultKey.signingKey)
        _ = try await first.engine.submit(
            try UnverifiedTransaction(
                intentBytes: intent, stamps: [stamp], attachment: Attachment()))
        try joining.finish(genesis: first.identity.genesis.bytes)
        return directory
    }

    /// The way to a node in the same process.
    private static func transport(to first: CairnNode) -> PeerTransport {
        PeerTransport(
            follow: { height, take in
                try await first.feed.run(from: height, isOver: { false }) { bytes in
                    var frames = FrameReader(bytesMax: BlockMessage.bytesMax)
                    for message in try frames.add(bytes) { try await take(message) }
                }
            },
            submit: { _ in .unreachable },
            checkpoints: { (try first.finality.newest().note, try first.finality.final()?.note) },
            cosign: { try first.take(note: $0) })
    }
}
