import Foundation
import Node
import Testing

@testable import LedgerCore

/// The channel's log over a live socket: tiles, entries and proofs lead to the published root.
@Suite(.serialized, .sharedServer) struct LogRouteTests {
    private static let log = "/api/v1/ledger/main/log"

    /// Without credentials, as a stranger gets it.
    private func open(_ path: String) async throws -> TestResponse {
        try await SharedServer.server.send("GET", Self.log + path, as: TestServer.Credential.none)
    }

    private func write(_ count: Int) async throws {
        let server = try SharedServer.server
        for _ in 0..<count {
            let answer = try await server.send(
                "POST", "/fhir/Patient", json: "{\"resourceType\":\"Patient\"}")
            #expect(answer.status == 201)
        }
    }

    private func checkpoint() async throws -> Checkpoint {
        let answer = try await open("/checkpoint")
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true)
        return try Checkpoint(note: answer.text)
    }

    private func digests(_ bytes: [UInt8]) -> [Digest] {
        stride(from: 0, to: bytes.count - 31, by: 32).compactMap { Digest(bytes[$0..<$0 + 32]) }
    }

    private func path(_ answer: TestResponse, _ name: String = "path") throws -> [Digest] {
        try (try #require(answer.json[name] as? [String])).map {
            try #require(Base64.decode($0).flatMap { Digest($0) })
        }
    }

    private func hash(_ answer: TestResponse, _ name: String) throws -> Digest {
        let text = try #require(answer.json[name] as? String)
        return try #require(Base64.decode(text).flatMap { Digest($0) })
    }

    @Test func tilesAndEntriesLeadToThePublishedRoot() async throws {
        let server = try SharedServer.server
        try await write(5)
        let checkpoint = try await checkpoint()
        let keys = try await server.send("GET", "/.well-known/cairn").json["checkpointKeys"]
        for text in try #require(keys as? [String]) {
            #expect(try NoteKey(text: text).verify(checkpoint) != nil)
        }
        let width = Int(checkpoint.size)
        try #require(width < 256)
        let tile = try await open("/tile/0/000.p/\(width)")
        #expect(tile.status == 200 && tile.body.count == 32 * width)
        #expect(tile.headers["content-type"] == "application/octet-stream")
        #expect(tile.headers["cache-control"]?.contains("immutable") == true)
        let hashes = digests(tile.body)
        let reader = TileReader(size: checkpoint.size) { level, _ in level == 0 ? hashes : nil }
        for leaf in 0..<checkpoint.size {
            #expect(try reader.inclusion(of: leaf) != nil)
        }
        let bundle = try await server.send("GET", Self.log + "/tile/entries/000.p/\(width)")
        #expect(bundle.headers["cache-control"]?.hasPrefix("private") == true)
        var rest = bundle.body[...]
        var entries = [Digest]()
        while !rest.isEmpty {
            #expect(Array(rest.prefix(2)) == [0, 32])
            entries.append(try #require(Digest(rest.dropFirst(2).prefix(32))))
            rest = rest.dropFirst(34)
        }
        #expect(entries.map { TreeHash.leaf($0) } == hashes)
        #expect(MerkleTree(leaves: entries).root == checkpoint.root)
    }

    @Test func whatIsNoTileIsRefused() async throws {
        let size = Int(try await checkpoint().size)
        for (path, status) in [
            ("/tile/0/000", size < 256 ? 404 : 200), ("/tile/0/000.p/255", 404),
            ("/tile/1/000.p/1", 404), ("/tile/63/000.p/1", 404), ("/tile/64/000.p/1", 400),
            ("/tile/00/000.p/1", 400), ("/tile/0/0", 400), ("/tile/0/000.p/0", 400),
            ("/tile/0/x001/000", 404), ("/tile/0/1234", 400), ("/tile/-1/000", 400),
            ("/tile/0/x018/x446/x744/x073/x709/x551/615.p/1", 404),
        ] {
            let answer = try await open(path)
            #expect(answer.status == status, "\(path)")
        }
        let server = try SharedServer.server
        #expect(try await open("/tile/entries/000.p/1").status == 401)
        for (path, status) in [
            ("000.p/255", 404), ("x/000", 400), ("x018/x446/x744/x073/x709/x551/615", 404),
        ] {
            let answer = try await server.send("GET", Self.log + "/tile/entries/\(path)")
            #expect(answer.status == status, "\(path)")
        }
        let other = "/api/v1/ledger/other/log/checkpoint"
        let answer = try await server.send("GET", other, as: TestServer.Credential.none)
        #expect(answer.status == 404)
    }

    @Test func proofsBetweenSizesHold() async throws {
        try await write(2)
        let first = try await checkpoint()
        try await write(3)
        // Signed at most ten times a second.
        try await Task.sleep(for: .milliseconds(150))
        let second = try await checkpoint()
        try #require(second.size > first.size)
        let proof = try await open("/consistency?from=\(first.size)&to=\(second.size)")
        #expect(try hash(proof, "fromRoot") == first.root)
        #expect(try hash(proof, "toRoot") == second.root)
        #expect(
            LogConsistency.holds(
                oldSize: first.size, oldRoot: first.root, newSize: second.size,
                newRoot: second.root, path: try path(proof)))
        for leaf in [0, first.size, second.size - 1] {
            let proof = try await open("/inclusion?leaf=\(leaf)&size=\(second.size)")
            let found = MerkleTree.root(
                leafHash: try hash(proof, "leafHash"), index: leaf, size: second.size,
                path: try path(proof))
            #expect(found == second.root, "leaf \(leaf)")
        }
        for (path, status) in [
            ("/consistency", 400), ("/consistency?from=2&to=1", 400), ("/consistency?from=-1", 400),
            ("/consistency?from=1&to=99999999", 404), ("/consistency?from=1&from=2", 400),
            ("/consistency?from=01", 400), ("/consistency?from=1&size=3", 400),
            ("/inclusion", 400), ("/inclusion?leaf=5&size=5", 404),
            ("/inclusion?leaf=18446744073709551615", 400), ("/inclusion?leaf=0&size=0", 404),
        ] {
            #expect(try await open(path).status == status, "\(path)")
        }
    }

    @Test func aTransactionHasItsPlaceInAFinalCheckpoint() async throws {
        let server = try SharedServer.server
        let created = try await server.send(
            "POST", "/fhir/Patient", json: "{\"resourceType\":\"Patient\"}")
        let id = try #require(created.headers["cairn-transaction"])
        let proof = try await server.send("GET", "/api/v1/ledger/main/transactions/\(id)/proof")
        #expect(proof.status == 200)
        let checkpoint = try Checkpoint(note: try #require(proof.json["checkpoint"] as? String))
        let leaf = try #require(proof.json["leaf"] as? Int)
        let digest = try #require(Digest(hex: proof.json["digest"] as? String ?? ""))
        #expect(
            MerkleTree.root(
                leaf: digest, index: UInt64(leaf), size: checkpoint.size, path: try path(proof))
                == checkpoint.root)
        let bytes = try await server.send(
            "GET", "/api/v1/ledger/main/transactions/\(id)",
            headers: [("accept", "application/x-protobuf")])
        #expect(try UnverifiedTransaction(bytes: bytes.body).digest == digest)
        let absent = String(repeating: "0", count: 64)
        for (path, status) in [(absent, 404), ("x", 400)] {
            let answer = try await server.send(
                "GET", "/api/v1/ledger/main/transactions/\(path)/proof")
            #expect(answer.status == status)
        }
    }

    @Test func withoutAnAuthorityThereAreNoTimestamps() async throws {
        let list = try await open("/timestamps")
        #expect(list.status == 200 && (list.json["sizes"] as? [Any])?.isEmpty == true)
        #expect(try await open("/checkpoint/1").status == 404)
        #expect(try await open("/checkpoint/1/timestamp").status == 404)
        #expect(try await open("/checkpoint/01/timestamp").status == 400)
        #expect(try await open("/timestamps?count=101").status == 400)
    }

    @Test func aStrangersCheckpointIsNotCosigned() async throws {
        let server = try SharedServer.server
        let path = "/api/v1/witness/add-checkpoint"
        let note = Checkpoint(origin: "log.example/x", size: 1, root: .zero)
        let unknown = WitnessRequest(oldSize: 0, path: [], checkpoint: note)
        for (body, status) in [
            (Array(unknown.text.utf8), 404), ([], 400), ([0xff], 400),
            ([UInt8](repeating: 0x61, count: WitnessRequest.bytesMax + 1), 413),
        ] {
            let answer = try await server.send(
                "POST", path, as: TestServer.Credential.none, body: body)
            #expect(answer.status == status, "\(answer.text)")
        }
    }
}
