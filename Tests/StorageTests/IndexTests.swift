import Foundation
import LedgerCore
import Storage
import TestSupport
import Testing

@Suite struct IndexTests {
    @Test(arguments: [false, true])
    func queriesAnswerAsAPlainLookAtAllResourcesDoes(tightPlanning: Bool) async throws {
        for await item in Soak.cases(usual: 1, long: 150) {
            try compareAnswers(item, tightPlanning: tightPlanning)
        }
    }

    private func compareAnswers(_ item: SeededCase, tightPlanning: Bool) throws {
        let folder = TestFolder()
        var planning = IndexPlanning()
        if tightPlanning {
            // So that few resources are enough to take every way.
            (planning.fewRows, planning.manyRows, planning.walkMax) = (3, 12, 15)
        }
        let index = try Index.open(directory: folder.path, planning: planning)
        var fixture = IndexFixture(item.random)
        var found = 0
        for _ in 0..<12 {
            try index.apply(fixture.batch(40))
            for _ in 0..<60 {
                let clauses = (0..<fixture.pick([0, 1, 1, 2, 2, 3])).map { _ in fixture.clause() }
                var query = IndexQuery(
                    type: fixture.pick(IndexFixture.types + ["Nothing"]), clauses: clauses,
                    sort: fixture.pick([
                        .creation, .lastUpdatedAscending, .lastUpdatedDescending,
                    ]),
                    limit: fixture.pick([1, 7, 1_000]), wantsTotal: true)
                let expected = fixture.answer(query)
                var records = [Identifier]()
                repeat {
                    let page = try index.find(query)
                    #expect(page.total == UInt64(expected.count), "\(item): \(query)")
                    #expect(page.rows.count <= query.limit)
                    records += page.rows.map(\.record)
                    query.cursor = page.next
                } while query.cursor != nil
                guard records == expected else {
                    Issue.record("\(item): \(query): \(records.count) for \(expected.count)")
                    return
                }
                query.countOnly = true
                #expect(try index.find(query).total == UInt64(expected.count))
                found += expected.count
            }
        }
        #expect(found > 1_000, "\(item)")
        try checkRows(index, fixture)
    }

    /// The tables against the newest versions.
    private func checkRows(_ index: Index, _ fixture: IndexFixture) throws {
        var records = [Identifier]()
        let orphans = try index.forEachRecord { record in
            records.append(record.row.record)
            let newest = fixture.newest[record.row.record]
            #expect(Set(record.entries) == Set(newest?.entries ?? []))
            #expect(Set(record.packedEntries) == Set(newest?.entries ?? []))
            #expect(record.entries.count == Set(record.entries).count)
            #expect(record.versions.map(\.version) == Array(1...(newest?.version ?? 1)))
            #expect(record.row.isDeleted == newest?.isDeleted)
        }
        #expect(orphans == 0)
        #expect(records == fixture.order)
    }

    @Test func lookupsGiveNewestVersionHistoryAndTombstone() throws {
        let folder = TestFolder()
        let index = try Index.open(directory: folder.path)
        var fixture = IndexFixture(seed: 5)
        var version = fixture.version(of: nil)
        version.fhirId = "client-id"
        let record = version.record
        var batch = IndexBatch(appliedHeight: 3)
        batch.versions = [version]
        version.version = 2
        version.method = .delete
        version.entries = []
        batch.versions.append(version)
        batch.meta = [("cursor", [1, 2])]
        try index.apply(batch)
        try index.apply(batch)  // again, as after a crash
        let row = try #require(try index.resource(type: version.type, fhirId: "client-id"))
        #expect(row.version == 2 && row.isDeleted && row.record == record)
        #expect(try index.resource(record: record) == row)
        #expect(try index.resource(type: "Other", fhirId: "client-id") == nil)
        #expect(try index.history(record).map(\.version) == [2, 1])
        #expect(try index.version(record, 1)?.isDeleted == false)
        #expect(try index.version(record, 3) == nil)
        #expect(try index.find(IndexQuery(type: version.type)).rows.isEmpty)
        #expect(try index.appliedHeight == 3)
        #expect(try index.meta("cursor") == [1, 2])
        #expect(try index.entries(record).isEmpty)
    }

    @Test func aContradictingBatchChangesNothing() throws {
        let folder = TestFolder()
        let index = try Index.open(directory: folder.path)
        var fixture = IndexFixture(seed: 6)
        var batch = IndexBatch(appliedHeight: 1)
        var first = fixture.version(of: nil)
        first.fhirId = "same"
        batch.versions = [first]
        try index.apply(batch)
        var second = fixture.version(of: nil)
        second.type = first.type
        second.fhirId = "same"
        var other = fixture.version(of: nil)
        other.type = first.type
        other.entries = [SearchEntry("fresh", .string("a"))]
        batch = IndexBatch(appliedHeight: 2)
        batch.versions = [other, second]
        #expect(throws: IndexError.identityConflict(record: second.record)) {
            try index.apply(batch)
        }
        #expect(try index.resource(record: other.record) == nil)
        #expect(try index.appliedHeight == 1)
        // Names given in the rolled-back transaction are not remembered: their numbers go to
        // others.
        var third = fixture.version(of: nil)
        third.type = first.type
        third.entries = [SearchEntry("later", .string("b"))]
        for version in [third, other] {
            batch.versions = [version]
            try index.apply(batch)
        }
        #expect(try index.entries(third.record) == third.entries)
        #expect(try index.entries(other.record) == other.entries)
    }

    @Test func pagesStayStableWhileWritesGoOn() throws {
        let folder = TestFolder()
        let index = try Index.open(directory: folder.path)
        var fixture = IndexFixture(seed: 7)
        try index.apply(fixture.batch(60))
        var query = IndexQuery(type: "Patient", limit: 5)
        let expected = fixture.answer(query)
        var seen = [Identifier]()
        repeat {
            let page = try index.find(query)
            seen += page.rows.map(\.record)
            query.cursor = page.next
            var batch = IndexBatch(appliedHeight: 9)
            batch.versions = [fixture.version(of: nil)]
            try index.apply(batch)
        } while query.cursor != nil && seen.count < 500
        #expect(Array(seen.prefix(expected.count)) == expected)
        #expect(Set(seen).count == seen.count)
        query.cursor = "AQAA"
        #expect(throws: IndexError.cursorUnusable) { try index.find(query) }
    }

    @Test func everySoughtClauseIsAnIndexSeek() throws {
        let folder = TestFolder()
        let index = try Index.open(directory: folder.path)
        var fixture = IndexFixture(seed: 8)
        try index.apply(fixture.batch(200))
        let date = DateMatch(.greaterOrEqual, lowMs: 3, highMs: 4)
        let clauses: [IndexClause] = [
            .token(parameter: "code", anyOf: [.exact(system: "urn:s", code: "a")]),
            .token(parameter: "code", anyOf: [.anySystem(code: "a"), .system("urn:s")]),
            .string(parameter: "name", anyOf: [.prefix("an"), .exact("Anna")]),
            .date(parameter: "date", anyOf: [date]), .lastUpdated(anyOf: [date]),
            .reference(parameter: "subject", anyOf: [ReferenceMatch(type: nil, id: "a")]),
            .fhirId(anyOf: ["x"]), .record(anyOf: [fixture.order[0]]),
            .subject(anyOf: [fixture.order[0]]),
        ]
        for clause in clauses {
            for sort in [IndexSort.creation, .lastUpdatedDescending] {
                let query = IndexQuery(type: "Patient", clauses: [clause], sort: sort)
                let plan = try index.explain(query)
                #expect(!plan.isEmpty)
                #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(plan)")
                #expect(!plan.contains { $0.contains("resources_in_order") }, "\(plan)")
            }
        }
    }

    @Test func theReadOnlyCopySeesTheLogAndChangesNothing() throws {
        let folder = TestFolder()
        let index = try Index.open(directory: folder.path)
        var fixture = IndexFixture(seed: 9)
        try index.apply(fixture.batch(100))
        // The index stays open: its log is as a killed process would leave it.
        let before = try folder.contents()
        #expect(before["index.sqlite-wal"].map { !$0.isEmpty } == true)
        let copy = try Index.open(readOnlyCopy: folder.path)
        #expect(try copy.integrityCheck() == [])
        try checkRows(copy.index, fixture)
        #expect(try copy.index.appliedHeight == 1)
        #expect(throws: (any Error).self) { try copy.index.apply(IndexBatch(appliedHeight: 9)) }
        try copy.close()
        let isUntouched = try folder.contents() == before
        #expect(isUntouched)
    }

    @Test func readsGoOnDuringWrites() async throws {
        let folder = TestFolder()
        let index = try Index.open(directory: folder.path)
        var fixture = IndexFixture(seed: 10)
        try index.apply(fixture.batch(50))
        let batches = (0..<20).map { _ in fixture.batch(50) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for batch in batches { try index.apply(batch) } }
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<50 {
                        let page = try index.find(IndexQuery(type: "Patient", wantsTotal: true))
                        #expect(page.total.map { $0 >= UInt64(page.rows.count) } == true)
                    }
                }
            }
            try await group.waitForAll()
        }
        try checkRows(index, fixture)
    }
}
