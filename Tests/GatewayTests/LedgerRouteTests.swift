import CairnClient
import Contracts
import Foundation
import Identity
import LedgerCore
import Node
import Testing

/// Ledger, people, proofs and figures over a live socket.
@Suite(.serialized, .sharedServer) struct LedgerRouteTests {
    @Test func theHeadNamesItsCheckpoint() async throws {
        let server = try SharedServer.server
        let head = try await server.send("GET", "/api/v1/ledger/main/head")
        #expect(head.status == 200)
        let note = try #require(head.json["checkpoint"] as? String)
        let keys = try await server.send("GET", "/.well-known/cairn").json["checkpointKeys"]
        let texts = try #require(keys as? [String])
        let checkpoint = try Checkpoint(note: note)
        for text in texts { #expect(try NoteKey(text: text).verify(checkpoint) != nil) }
        #expect(try await server.send("GET", "/api/v1/ledger/other/head").status == 404)
    }

    @Test func aTransactionIsFoundByItsID() async throws {
        let server = try SharedServer.server
        let created = try await server.send(
            "POST", "/fhir/Patient", json: "{\"resourceType\":\"Patient\"}")
        let id = try #require(created.headers["cairn-transaction"])
        let path = "/api/v1/ledger/main/transactions/\(id)"
        let json = try await server.send("GET", path)
        #expect(json.json["id"] as? String == id)
        #expect(json.json["contract"] as? String == "records")
        #expect((json.json["writes"] as? [Any])?.count == 1)
        #expect(json.json["leaf"] as? Int != nil)
        let bytes = try await server.send(
            "GET", path, headers: [("accept", "application/x-protobuf")])
        #expect(try UnverifiedTransaction(bytes: bytes.body).id.description == id)
        let absent = path.dropLast(4) + "0000"
        #expect(try await server.send("GET", String(absent)).status == 404)
        #expect(try await server.send("GET", "/api/v1/ledger/main/transactions/x").status == 400)
    }

    @Test func contractsAndProposalsAreRead() async throws {
        let server = try SharedServer.server
        let contracts = try await server.send("GET", "/api/v1/ledger/main/contracts").json
        let rows = try #require(contracts["contracts"] as? [[String: Any]])
        let names = rows.compactMap { $0["name"] as? String }
        #expect(names == ["approvals", "members", "people", "records"])
        #expect(rows.allSatisfy { $0["paused"] as? Bool == false })
        #expect(contracts["pending"] == nil)

        let wallet = server.wallet
        var random = SystemRandomNumberGenerator()
        func intent(_ contract: String, _ command: [UInt8], lastsMs: UInt64) -> Intent {
            let now = server.clock()
            return Intent(
                network: server.node.identity.genesis.digest, channel: "main",
                author: wallet.person, notBeforeMs: now - 30_000, notAfterMs: now + lastsMs,
                nonce: Identifier(using: &random), contract: contract, contractVersion: 1,
                command: command)
        }
        var grant = WirePeopleCommand()
        grant.grantRole.person = wallet.person.bytes.field
        grant.grantRole.role = Role.auditor.rawValue
        let proposed = intent("people", Wire.encode(grant), lastsMs: 3_600_000)
        var propose = WireApprovalsCommand()
        propose.propose.intent = proposed.bytes.field
        propose.propose.policy = SignaturePolicy.person(Identifier(using: &random)).wire
        let outer = intent("approvals", Wire.encode(propose), lastsMs: 120_000)
        var item = WireSubmitItem()
        item.intent = outer.bytes.field
        item.stamps = [
            try EStamp(
                intent: Intent.id(of: outer.bytes), purpose: .author,
                signingWith: wallet.defaultKey.signingKey
            ).wire
        ]
        let result = try await server.submit(item, as: .wallet(wallet.defaultKey))
        #expect(result.error.isEmpty && result.receipt.refused.isEmpty, "\(result)")

        let id = Intent.id(of: proposed.bytes)
        let path = "/api/v1/ledger/main/proposals"
        let one = try await server.send("GET", "\(path)/\(id)").json
        #expect(one["standing"] as? String == "waiting")
        #expect(one["intent"] as? String == Base64.encode(proposed.bytes))
        #expect((one["policy"] as? String)?.hasPrefix("person:") == true)
        #expect((one["stamps"] as? [Any])?.count == 1)
        let all = try await server.send("GET", path).json["proposals"] as? [[String: Any]]
        #expect(all?.contains { $0["id"] as? String == id.description } == true)
        #expect(try await server.send("GET", "\(path)/\(Digest.zero)").status == 404)
        #expect(try await server.send("GET", "\(path)/x").status == 400)
        #expect(try await server.send("GET", "/api/v1/ledger/other/contracts").status == 404)
    }

    @Test func aProofIsWrittenForARecord() async throws {
        let server = try SharedServer.server
        let created = try await server.send(
            "POST", "/fhir/Patient", json: "{\"resourceType\":\"Patient\"}")
        let record = try #require(created.headers["cairn-record"])
        let id = try #require(created.json["id"] as? String)
        for path in ["\(record)", "Patient/\(id)?version=1&opening=true"] {
            let proof = try await server.send("GET", "/api/v1/proofs/\(path)")
            #expect(proof.status == 200)
            #expect(try ProofFile.read(proof.body).version == ProofFile.version)
        }
    }

    @Test func theStateIsProvedPresentAndAbsent() async throws {
        let server = try SharedServer.server
        let created = try await server.send(
            "POST", "/fhir/Patient", json: "{\"resourceType\":\"Patient\"}")
        let record = try #require(created.headers["cairn-record"])
        let verifier = ProofVerifier(trust: .genesis(server.node.identity.genesis.bytes))
        let base = "/api/v1/ledger/main/state-proof"
        for (path, isPresent) in [
            ("record/\(record)", true), ("record/\(String(record.reversed()))", false),
            ("person/\(server.wallet.person)", true), ("person/\(record)", false),
            ("key/\(server.wallet.defaultKey.id)", true), ("parameters/network", true),
        ] {
            let answer = try await server.send("GET", "\(base)/\(path)")
            #expect(answer.status == 200, "\(path)")
            let report = try verifier.verify(answer.body)
            #expect((report.state?.value != nil) == isPresent, "\(path)")
        }
        for path in ["record/xyz", "record/\(record)00", "sheep/\(record)", "parameters/\(record)"]
        {
            #expect(try await server.send("GET", "\(base)/\(path)").status == 400, "\(path)")
        }
        let other = "/api/v1/ledger/other/state-proof/record/\(record)"
        #expect(try await server.send("GET", other).status == 404)
        let id = try #require(created.json["id"] as? String)
        let both = try await server.send("GET", "/api/v1/proofs/Patient/\(id)?state=true")
        let report = try verifier.verify(both.body)
        #expect(report.version == 1 && report.state?.words.contains("version 1") == true)
        #expect(report.steps.contains { $0.name == "certificate" })
    }

    @Test func aSubmissionThatDoesNotDecodeIsRefused() async throws {
        let server = try SharedServer.server
        let path = "/api/v1/ledger/main/transactions"
        let type = [("content-type", "application/x-protobuf")]
        let bad = try await server.send("POST", path, headers: type, body: [1, 2, 3])
        #expect(bad.status == 400)
        #expect(try await server.send("POST", path, body: [1]).status == 415)
        var request = WireSubmitRequest()
        request.items = [WireSubmitItem()]
        let item = try await server.send("POST", path, headers: type, body: Wire.encode(request))
        #expect(item.status == 200)
        let response = try Wire.decode(
            WireSubmitResponse.self, from: item.body, what: "response", limitBytes: 10_000)
        #expect(response.results.count == 1)
        #expect(response.results.first?.error.isEmpty == false)
    }

    @Test func peopleSeeThemselvesAndAdministratorsSeeAll() async throws {
        let server = try SharedServer.server
        let me = try await server.send("GET", "/api/v1/people/me")
        #expect(me.json["id"] as? String == server.wallet.person.description)
        #expect((me.json["roles"] as? [String])?.contains("administrator") == true)
        let all = try await server.send("GET", "/api/v1/people")
        #expect((all.json["people"] as? [Any])?.count == 1)
        let genesis = try await server.send("GET", "/api/v1/genesis")
        #expect(genesis.body == server.node.identity.genesis.bytes)
    }

    @Test func figuresAndLogsNameNoPatient() async throws {
        let server = try SharedServer.server
        _ = try await server.send("GET", "/fhir/Patient/secret-id?name=secret-name")
        _ = try await server.send("GET", "/fhir/Patient?name=secret-name")
        _ = try await server.send("GET", "/secret-path")
        let figures = try await server.send("GET", "/metrics")
        #expect(figures.text.contains("cairn_http_requests_total{route=\"/fhir/{type}\""))
        #expect(figures.text.contains("cairn_http_request_seconds_bucket"))
        #expect(figures.text.contains("process_resident_memory_bytes"))
        let log = try String(contentsOfFile: server.logPath, encoding: .utf8)
        #expect(log.contains("\"route\":\"/fhir/{type}/{id}\""))
        #expect(!log.contains("secret") && !figures.text.contains("secret"))
        for line in log.split(separator: "\n") {
            #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil)
        }
    }
}
