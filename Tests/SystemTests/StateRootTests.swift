import Foundation
import TestSupport
import Testing

/// State roots of a real node: after much was written, the root comes with a later block.
@Suite("State roots") struct StateRootTests {
    /// Where the node stands, and the height whose state the newest header's root is of.
    private func head(_ client: HTTPClient) async throws -> (height: Int, sealed: Int?) {
        let answer = try await client.get("/api/v1/ledger/main/head")
        return (
            try #require(answer.object["height"] as? Int, "\(answer)"),
            answer.object["stateHeight"] as? Int
        )
    }

    private func bundle(_ count: Int) throws -> Data {
        try JSONSerialization.data(withJSONObject: [
            "resourceType": "Bundle", "type": "transaction",
            "entry": (0..<count).map { number in
                [
                    "resource": ["resourceType": "Basic", "code": ["text": "\(number)"]],
                    "request": ["method": "POST", "url": "Basic"],
                ]
            },
        ])
    }

    private func waitForRoot(_ client: HTTPClient) async throws {
        try await Network.eventually("the root of all that was written is out") {
            let head = try await head(client)
            return (head.sealed == head.height, "\(head)")
        }
    }

    /// Writes much; a second later its root would be out, so on a busy machine once more.
    private func leaveUnsealed(_ client: HTTPClient) async throws {
        let body = try bundle(500)
        for _ in 0..<20 {
            let answer = try await client.send("POST", "/fhir", body)
            #expect(answer.status == 200, "\(answer)")
            let (height, sealed) = try await head(client)
            if sealed != height { return }
        }
        Issue.record("the root was out each time")
    }

    /// A seal that was begun survives the end of its node, however it ends.
    @Test(arguments: [true, false]) func aBegunSealSurvivesItsNode(isKilled: Bool) async throws {
        let folder = try TempFolder("seal")
        let data = folder.path + "/data"
        var server = try await RunningServer.start(data)
        for round in 0..<3 {
            let client = try await server.client()
            try await leaveUnsealed(client)
            if isKilled { try await server.kill() } else { _ = try await server.stop() }
            let verified = try await CairnBinary.run(["verify", "--data", data])
            #expect(verified.exit == 0, "round \(round): \(verified)")
            server = try await RunningServer.start(data)
            try await waitForRoot(try await server.client())
        }
        #expect(try await server.stop().exit == 0)
        let verified = try await CairnBinary.run(["verify", "--data", data])
        #expect(verified.exit == 0, "\(verified)")
    }
}
