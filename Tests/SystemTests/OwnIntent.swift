import Foundation
import Identity
import LedgerCore

/// New patients under an intent that their author builds and stamps, with a window of its choice.
struct OwnIntent: Sendable {
    let id: Digest
    /// The records' FHIR ids.
    let patients: [String]
    /// The last block time at which it may be accepted, in milliseconds since 1970.
    let endMs: UInt64
    private let body: Data

    /// By a server's administrator.
    ///
    /// - Parameter window: milliseconds from now.
    init(_ server: RunningServer, window: ClosedRange<Int64>, patients count: Int = 1) throws {
        let wallet = try WalletFile.read(server.wallet).unlock(passphrase: nil)
        var random = SystemRandomNumberGenerator()
        let content = Array(#"{"resourceType":"Patient"}"#.utf8)
        let ids = (0..<count).map { _ in Identifier(using: &random) }
        let secrets = ids.map { _ in
            Domain.intent.digest(
                Identifier(using: &random).bytes + Identifier(using: &random).bytes)
        }
        let now = OwnIntent.nowMs
        let intent = Intent(
            network: wallet.network, channel: "main", author: wallet.person,
            notBeforeMs: UInt64(now + window.lowerBound),
            notAfterMs: UInt64(now + window.upperBound), nonce: Identifier(using: &random),
            contract: "records", contractVersion: 1,
            command: RecordsCommand.bytes(
                zip(ids, secrets).map { id, secret in
                    RecordsCommand.Write(
                        record: id, previous: 0,
                        commitment: Commitment(content: content, secret: secret))
                }))
        var item = WireSubmitItem()
        item.intent = Data(intent.bytes)
        item.stamps = [
            try EStamp(
                intent: Intent.id(of: intent.bytes), purpose: .author,
                signingWith: wallet.defaultKey.signingKey
            ).wire
        ]
        item.contents = secrets.map { secret in
            var wire = WireContent()
            wire.content = Data(content)
            wire.secret = Data(secret.bytes)
            wire.mediaType = "application/fhir+json"
            return wire
        }
        var request = WireSubmitRequest()
        request.items = [item]
        id = Intent.id(of: intent.bytes)
        patients = ids.map(\.description)
        endMs = intent.notAfterMs
        body = Data(Wire.encode(request))
    }

    static var nowMs: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    var hasEnded: Bool { OwnIntent.nowMs > Int64(endMs) + 20 }

    /// Hands it in; what the ledger refused it for, or why it was not handed in; empty where it was
    /// accepted.
    func send(_ client: HTTPClient) async throws -> String {
        let answer = try await client.send(
            "POST", "/api/v1/ledger/main/transactions", body, type: "application/x-protobuf",
            headers: ["Accept": "application/x-protobuf"])
        let response = try Wire.decode(
            WireSubmitResponse.self, from: [UInt8](answer.body), what: "response",
            limitBytes: 1 << 20)
        guard let result = response.results.first else {
            throw HTTPClient.Unanswered(description: "\(answer)")
        }
        return result.error + result.receipt.refused
    }

    /// Statuses of reading its patients.
    func statuses(_ client: HTTPClient) async throws -> Set<Int> {
        var statuses: Set<Int> = []
        for patient in patients {
            statuses.insert(try await client.get("/fhir/Patient/\(patient)").status)
        }
        return statuses
    }
}

/// What a node keeps on its disk of sealed versions.
struct SealedFiles {
    /// Fragments at all providers, and local copies.
    let names: Set<String>

    init(_ data: String) throws {
        var names: Set<String> = []
        for folder in ["providers", "cache"] {
            for name in try FileManager.default.subpathsOfDirectory(atPath: "\(data)/\(folder)") {
                let depth = folder == "cache" ? 2 : 3
                guard name.split(separator: "/").count == depth, !name.contains("tmp/") else {
                    continue
                }
                names.insert("\(folder)/\(name)")
            }
        }
        self.names = names
    }

    /// Waits until a node keeps these and no others.
    static func expect(
        _ names: Set<String>, in data: String, seconds: Double = 30
    ) async throws -> Bool {
        let end = Deadline(seconds: seconds)
        while try SealedFiles(data).names != names {
            if end.isOver { return false }
            try await Task.sleep(for: .milliseconds(20))
        }
        return true
    }
}
