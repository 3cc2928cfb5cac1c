import ArgumentParser

/// Parses and runs a command line, and turns whatever is thrown into words and a status.
enum CommandRun {
    static func run(_ arguments: [String]) async -> CommandStatus {
        let asJSON = arguments.prefix { $0 != "--" }.contains("--json")
        let command: any ParsableCommand
        do {
            command = try Cairn.parseAsRoot(arguments)
        } catch {
            return ended(error, arguments, asJSON: asJSON)
        }
        do {
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = command
                try command.run()
            }
            return .done
        } catch let error as QuietExit {
            return error.status
        } catch  where isParserError(error) {
            return ended(error, arguments, asJSON: asJSON)
        } catch {
            return tell(CommandFailure(error), asJSON: asJSON)
        }
    }

    /// What the parser threw: help and version are answers, all else is wrong usage.
    private static func ended(
        _ error: any Error, _ arguments: [String], asJSON: Bool
    ) -> CommandStatus {
        if Cairn.exitCode(for: error) == .success {
            Output.raw(Array((Cairn.fullMessage(for: error) + "\n").utf8))
            return .done
        }
        return tell(usage(error, arguments), asJSON: asJSON)
    }

    static func usage(_ error: any Error, _ arguments: [String]) -> CommandFailure {
        let names = Cairn.commands.map { $0._commandName }
        let name = arguments.first.flatMap { names.contains($0) ? $0 : nil }
        let help = name.map { "`cairn \($0) --help`" } ?? "`cairn --help`"
        // The parser's lists come in lines.
        var message = Cairn.message(for: error).split(whereSeparator: \.isNewline)
            .map { String($0.drop { $0 == " " }) }.joined(separator: " ")
        if name == nil, let first = arguments.first, !first.hasPrefix("-") {
            message = "there is no command \(first)"
        }
        return .usage(
            message.isEmpty ? "this command line is not understood" : message,
            hint: "\(help) shows how it is used")
    }

    /// Help that was asked for is thrown too, as a type of the parser's own.
    private static func isParserError(_ error: any Error) -> Bool {
        error is CleanExit || error is ValidationError || error is ExitCode
            || Cairn.exitCode(for: error) == .success
    }

    private static func tell(_ failure: CommandFailure, asJSON: Bool) -> CommandStatus {
        Output.error(failure.text(asJSON: asJSON))
        return failure.exit
    }
}
