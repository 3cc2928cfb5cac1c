import Contracts
import LedgerCore

extension RefusedCase {
    private static func act(
        _ stage: Stage, _ command: WireMembersCommand
    ) throws -> RefusalReason? {
        try stage.submit(stage.versions(command))
    }

    private static func activate(
        _ stage: Stage, _ versions: [WireContractVersion], release: String = "0.4.0"
    ) throws -> RefusalReason? {
        try act(
            stage, VersionCommands.activate(versions, at: stage.next + 1, release: release))
    }

    private static let votes = VersionCommands.version("votes", 1)

    static let versions: [RefusedCase] = activations + pauses

    static let activations: [RefusedCase] = [
        .init(.malformed, "an activation of nothing") { try activate($0, []) },
        .init(.malformed, "an activation of one contract twice") {
            try activate($0, [votes, votes])
        },
        .init(.malformed, "an activation out of order") {
            try activate($0, [votes, VersionCommands.version("people", 9)])
        },
        .init(.malformed, "an activation of a name that is none") {
            try activate($0, [VersionCommands.version("Votes", 1)])
        },
        .init(.malformed, "an activation of version 0") {
            try activate($0, [VersionCommands.version("votes", 0)])
        },
        .init(.malformed, "an oldest version beyond the newest") {
            try activate($0, [VersionCommands.version("votes", 2, oldest: 3)])
        },
        .init(.malformed, "an oldest version that was retired") { stage in
            try stage.accept(
                stage.versions(
                    VersionCommands.activate(
                        [VersionCommands.version("people", 2, oldest: 2)], at: stage.next + 1)))
            try stage.wait(for: stage.next + 1)
            return try activate(stage, [VersionCommands.version("people", 3, oldest: 1)])
        },
        .init(.malformed, "an activation without a release") {
            try activate($0, [votes], release: "")
        },
        .init(.malformed, "a release that is a text") {
            try activate($0, [votes], release: "The next")
        },
        .init(.malformed, "more contracts than a ledger has room for") { stage in
            try activate(
                stage, (0...60).map { VersionCommands.version("z\($0 + 100)", 1) })
        },
        .init(.malformed, "an activation under version 1 of members") { stage in
            try stage.submit(
                stage.members(
                    VersionCommands.activate([votes], at: stage.next + 1),
                    by: stage.home.administrator))
        },
        .init(.alreadyExists, "a version that runs") {
            try activate($0, [VersionCommands.version("people", 2)])
        },
        .init(.alreadyExists, "a version that was passed") {
            try activate($0, [VersionCommands.version("people", 1)])
        },
        .init(.activationWaits, "an activation beside one that waits") { stage in
            try stage.accept(
                stage.versions(VersionCommands.activate([votes], at: stage.next + 5)))
            return try activate(stage, [VersionCommands.version("people", 3)])
        },
        .init(.heightPassed, "an activation at its own height") { stage in
            try act(stage, VersionCommands.activate([votes], at: stage.next))
        },
        .init(.heightPassed, "an activation at height 0") { stage in
            try act(stage, VersionCommands.activate([votes], at: 0))
        },
        .init(.unknownSubject, "taking back where nothing waits") {
            try act($0, VersionCommands.cancel(9))
        },
        .init(.unknownSubject, "taking back another activation") { stage in
            let height = stage.next + 5
            try stage.accept(stage.versions(VersionCommands.activate([votes], at: height)))
            return try act(stage, VersionCommands.cancel(height + 1))
        },
        .init(.policyNotMet, "an activation by one of two members") { stage in
            _ = try stage.guest()
            return try activate(stage, [votes])
        },
        .init(.policyNotMet, "an activation by two people of one of two members") { stage in
            _ = try stage.guest()
            let people = [stage.home.administrator, stage.home.doctor]
            return try stage.submit(
                stage.versions(
                    VersionCommands.activate([votes], at: stage.next + 1), by: people))
        },
    ]

    static let pauses: [RefusedCase] = [
        .init(.contractPaused, "a write while records are paused") { stage in
            try stage.accept(stage.versions(VersionCommands.pause("records")))
            return try stage.submit(
                stage.records([stage.write(stage.draw())], by: stage.home.doctor))
        },
        .init(.contractPaused, "a proposal while people are paused") { stage in
            try stage.accept(stage.versions(VersionCommands.pause("people")))
            let intent = stage.waiting(
                PeopleCommands.grant("auditor", to: stage.home.nurse.id),
                by: stage.home.administrator)
            return try stage.submit(stage.propose(intent, by: stage.home.administrator))
        },
        .init(.notPausable, "a pause of what would resume") {
            try act($0, VersionCommands.pause("members"))
        },
        .init(.alreadyExists, "a pause of what is paused") { stage in
            try stage.accept(stage.versions(VersionCommands.pause("records")))
            return try act(stage, VersionCommands.pause("records"))
        },
        .init(.alreadyExists, "a resumption of what goes on") {
            try act($0, VersionCommands.resume("records"))
        },
        .init(.unknownSubject, "a pause of a contract that is not there") {
            try act($0, VersionCommands.pause("votes"))
        },
        .init(.policyNotMet, "a pause by one of two members") { stage in
            _ = try stage.guest()
            return try act(stage, VersionCommands.pause("records"))
        },
    ]
}
