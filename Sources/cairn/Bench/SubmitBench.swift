import CairnClient
import Contracts
import Crypto
import Identity
import LedgerCore
import Synchronization

import struct LedgerCore.Digest

/// Transactions handed in over HTTP by this process to a server process: each creates one sealed
/// record and carries its author's own P-256 stamp.
enum SubmitBench {
    private static let batchItems = 500
    private static let batchWorkers = 16
    private static let singleWorkers = 256
    private static let contentBytes = 256
    /// Transactions that are stamped ahead, per second measured; no machine of two cores does more.
    private static let rateMax = 20_000
    /// Most of them, whatever the time: bounds the memory.
    private static let preparedMax = 400_000

    static func run(
        seconds: Int, single: Bool, folder: BenchFolder
    ) async throws -> BenchResult {
        let server = try ServerProcess(data: folder.path + "/data")
        defer { server.stop() }
        let wallet = try server.administrator()
        let key = SigningKey.p256(P256.Signing.PrivateKey())
        let bound = await VerificationBound.measure(key).rate
        let token = try await CairnHTTPClient.with(
            server: try server.address(), credentials: .wallet(wallet)
        ) { client in
            try await addKey(key, of: wallet, client)
            return try await client.token().token
        }
        let workers = single ? singleWorkers : batchWorkers
        let size = single ? 1 : batchItems
        let count = min(seconds * rateMax, preparedMax) / size
        let bodies = try await prepare(count, of: size, wallet: wallet, key: key)
        let measured = try await load(
            bodies, of: size, at: try server.address(), token: token, connections: workers,
            seconds: seconds)
        return BenchResult(
            name: single ? "submit --single" : "submit", value: measured.perSecond,
            unit: "transactions/s", bound: bound, boundName: "P-256 verification alone, all cores",
            p50Ms: measured.latencies.percentile(0.5), p99Ms: measured.latencies.percentile(0.99),
            fsyncP99Ms: Machine.fsyncP99(folder: folder.path, bytes: 256 * 1024),
            sample: measured.done, seconds: measured.seconds)
    }

    private static func addKey(
        _ key: SigningKey, of wallet: Wallet, _ client: CairnHTTPClient
    ) async throws {
        var command = WirePeopleCommand()
        command.addKey.person = wallet.person.bytes.field
        command.addKey.key = try key.publicKey().wire
        let intent = try StampedIntent(
            contract: Contracts.Name.people.rawValue, command: Wire.encode(command),
            channel: "main", wallet: wallet, nowMs: ServeCommand.clock(), nonce: identifier())
        _ = try await client.submit([intent], channel: "main")
    }

    /// Bodies of requests, made on all cores before anything is measured.
    private static func prepare(
        _ count: Int, of size: Int, wallet: Wallet, key: SigningKey
    ) async throws -> [[UInt8]] {
        let chunk = max(1, 500 / size)
        return try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
            for start in stride(from: 0, to: count, by: chunk) {
                group.addTask {
                    try (0..<min(chunk, count - start)).map { _ in
                        var request = WireSubmitRequest()
                        request.items = try (0..<size).map { _ in try item(wallet, key) }
                        return Wire.encode(request)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private static func item(_ wallet: Wallet, _ key: SigningKey) throws -> WireSubmitItem {
        let secret = identifier().bytes + identifier().bytes
        var content = [UInt8]()
        while content.count < contentBytes { content += identifier().bytes }
        let write = RecordsCommand.Write(
            record: identifier(), previous: 0,
            commitment: Commitment(content: content, secret: Digest(secret) ?? .zero))
        let now = ServeCommand.clock()
        let intent = Intent(
            network: wallet.network, channel: "main", author: wallet.person,
            notBeforeMs: now - 60_000, notAfterMs: now + 500_000, nonce: identifier(),
            contract: Contracts.Name.records.rawValue, contractVersion: 1,
            command: RecordsCommand.bytes([write])
        ).bytes
        var item = WireSubmitItem()
        item.intent = intent.field
        item.stamps = [
            try EStamp(intent: Intent.id(of: intent), purpose: .author, signingWith: key).wire
        ]
        var sealed = WireContent()
        sealed.content = content.field
        sealed.secret = secret.field
        sealed.sealed = true
        item.contents = [sealed]
        return item
    }

    /// Sends the bodies on so many connections, for so long; every transaction of every answer must
    /// have been accepted, with a receipt.
    private static func load(
        _ bodies: [[UInt8]], of size: Int, at server: ServerAddress, token: String,
        connections: Int, seconds: Int
    ) async throws -> Measured {
        let requests = PreparedRequests(
            server: server, target: "/api/v1/ledger/main/transactions",
            headers: [
                ("Authorization", "Bearer \(token)"), ("Content-Type", "application/x-protobuf"),
                ("Accept", "application/x-protobuf"),
            ])
        let sent = Mutex(0)
        let results = (0..<connections).map { _ in Results() }
        let clock = ContinuousClock()
        let start = clock.now
        let deadline = start + .seconds(seconds)
        try await requests.send(connections: connections) { _ in
            guard clock.now < deadline else { return nil }
            let index = sent.withLock { sent in
                defer { sent += 1 }
                return sent
            }
            return index < bodies.count ? bodies[index] : nil
        } take: { connection, answer in
            try check(answer, of: size)
            results[connection].measured.withLock { measured in
                measured.done += size
                measured.latencies.add(answer.took)
            }
        }
        var total = Measured()
        for part in results {
            let measured = part.measured.withLock { $0 }
            total.done += measured.done
            total.latencies.add(measured.latencies)
        }
        total.seconds = (clock.now - start).inSeconds
        return total
    }

    /// What one connection measured.
    private final class Results: Sendable {
        let measured = Mutex(Measured())
    }

    private static func check(_ answer: PreparedRequests.Answer, of size: Int) throws {
        var reason = "status \(answer.status)"
        if answer.status == 200 {
            let response = try Wire.decode(
                WireSubmitResponse.self, from: answer.body, what: "submit response",
                limitBytes: CairnHTTPClient.answerBytesMax)
            let accepted = response.results.filter {
                $0.error.isEmpty && $0.hasReceipt && $0.receipt.refused.isEmpty
            }
            if accepted.count == size { return }
            reason = response.results.first { !$0.error.isEmpty }?.error ?? "refused"
        }
        throw CommandFailure(
            .checkFailed, "not-accepted", "a transaction was not accepted: \(reason)",
            hint: "run it again; where it stays so, this is a defect of Cairn")
    }

    private static func identifier() -> Identifier {
        var random = SystemRandomNumberGenerator()
        return Identifier(using: &random)
    }
}
