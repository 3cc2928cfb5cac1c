import Foundation
import HTTPTypes
import LedgerCore
import Testing

@testable import Gateway

/// Blocks and their transactions over a live socket, and the API's own description.
@Suite(.serialized, .sharedServer) struct ExplorerTests {
    private static let ledger = "/api/v1/ledger/main"

    private func get(_ path: String) async throws -> TestResponse {
        try await SharedServer.server.send("GET", Self.ledger + path)
    }

    private func write(_ count: Int) async throws {
        let server = try SharedServer.server
        for _ in 0..<count {
            let answer = try await server.send(
                "POST", "/fhir/Patient", json: "{\"resourceType\":\"Patient\"}")
            #expect(answer.status == 201)
        }
    }

    @Test func blocksComeInPagesAndHangTogether() async throws {
        try await write(7)
        var before: Int?
        var heights = [Int]()
        var expected: String?
        repeat {
            let page = try await get("/blocks?count=3" + (before.map { "&before=\($0)" } ?? ""))
            #expect(page.status == 200)
            for block in try #require(page.json["blocks"] as? [[String: Any]]) {
                heights.append(try #require(block["height"] as? Int))
                let hash = block["hash"] as? String
                if let expected { #expect(hash == expected) }
                expected = block["previous"] as? String
            }
            before = page.json["before"] as? Int
        } while before != nil
        let newest = try #require(heights.first)
        #expect(newest >= 7)
        #expect(heights == Array((0...newest).reversed()))
        for path in ["/blocks?count=0", "/blocks?count=101", "/blocks?before=x", "/blocks?a=1"] {
            #expect(try await get(path).status == 400, "\(path)")
        }
        let all = try await get("/blocks?before=0").json["blocks"] as? [Any]
        #expect(all?.isEmpty == true)
    }

    @Test func aBlockIsFoundByHeightAndByHash() async throws {
        try await write(2)
        for height in 0...2 {
            let block = try await get("/blocks/\(height)")
            #expect(block.status == 200)
            let bytes = try #require(Base64.decode(block.json["header"] as? String ?? ""))
            let header = try Header(bytes: bytes)
            #expect(header.height == UInt64(height))
            let hash = BlockHash.of(header: bytes).description
            #expect(block.json["hash"] as? String == hash)
            let same = try await get("/blocks/\(hash)")
            #expect(same.body == block.body)
        }
        let absent = String(repeating: "0", count: 64)
        for (name, status) in [
            ("99999999", 404), (absent, 404), ("01", 400), ("x", 400), ("-1", 400),
            (absent.uppercased() + "A", 400),
        ] {
            #expect(try await get("/blocks/\(name)").status == status, "\(name)")
        }
    }

    @Test func aBlocksTransactionsNameTheirLeaves() async throws {
        let server = try SharedServer.server
        let bundle = """
            {"resourceType":"Bundle","type":"batch","entry":[\
            {"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},\
            {"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}]}
            """
        let before = try server.height
        #expect(try await server.send("POST", "/fhir", json: bundle).status == 200)
        let newest = try server.height
        var seen = 0
        for height in before + 1...newest {
            let page = try await get("/blocks/\(height)/transactions?count=1")
            var from = page.json["from"] as? Int
            var rows = try #require(page.json["transactions"] as? [[String: Any]])
            while let next = from {
                let page = try await get("/blocks/\(height)/transactions?count=1&from=\(next)")
                rows += try #require(page.json["transactions"] as? [[String: Any]])
                from = page.json["from"] as? Int
            }
            for (index, row) in rows.enumerated() {
                #expect(row["index"] as? Int == index)
                let id = try #require(row["id"] as? String)
                let transaction = try await get("/transactions/\(id)")
                #expect(transaction.json["leaf"] as? Int == row["leaf"] as? Int)
                #expect(transaction.json["height"] as? Int == Int(height))
                seen += 1
            }
        }
        #expect(seen == 2)
        #expect(try await get("/blocks/0/transactions").status == 200)
        #expect(try await get("/blocks/0/transactions?from=7").status == 200)
        #expect(try await get("/blocks/0/transactions?count=501").status == 400)
    }

    @Test func theDocumentHasEveryRouteAndNothingElse() async throws {
        let server = try SharedServer.server
        let answer = try await server.send(
            "GET", "/api/v1/openapi.json", as: TestServer.Credential.none)
        #expect(answer.status == 200)
        let paths = try #require(answer.json["paths"] as? [String: [String: Any]])
        let described = Set(
            paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } })
        let routes = RouteTable.routes.map {
            "\($0.method.rawValue) \($0.pattern.replacing("...}", with: "}"))"
        }
        #expect(described == Set(routes))
        var ids = Set<String>()
        for operation in paths.values.flatMap(\.values) {
            let operation = try #require(operation as? [String: Any])
            ids.insert(try #require(operation["operationId"] as? String))
            #expect((operation["responses"] as? [String: Any])?.isEmpty == false)
        }
        #expect(ids == Set(Operation.allCases.map(\.rawValue)))
    }

    @Test func theDocumentSaysWhoMustLogInAndNamesWhatIsThere() throws {
        let tree = APIDocument.json(version: "1")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(tree)) as? [String: Any])
        let paths = try #require(json["paths"] as? [String: [String: [String: Any]]])
        for route in RouteTable.routes {
            let operation = paths[APIDocument.plain(route.pattern)]?[
                route.method.rawValue.lowercased()]
            let isOpen = Permissions.rule(route.operation) == .open
            #expect((operation?["security"] == nil) == isOpen, "\(route.pattern)")
            let names = (operation?["parameters"] as? [[String: Any]] ?? [])
                .filter { $0["in"] as? String == "path" }.compactMap { $0["name"] as? String }
            let holders = APIDocument.plain(route.pattern).split(separator: "/")
                .filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
            #expect(names == holders, "\(route.pattern)")
        }
        let schemas = Set((APISchema.all + APISchema.sharing).map(\.0))
        for part in String(decoding: tree, as: UTF8.self)
            .components(separatedBy: "#/components/schemas/").dropFirst()
        {
            let name = String(part.prefix { $0 != "\"" })
            #expect(schemas.contains(name), "\(name)")
        }
    }
}
