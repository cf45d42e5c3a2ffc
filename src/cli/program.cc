#include "cli/program.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/console.h"
#include "cli/settings_internal.h"
#include "cli/signals.h"
#include "cli/suggest.h"
#include "cli/verb_internal.h"

namespace videogen::cli {
namespace {

// Only what needs saying differs from CLI11's own: the usage line names the arguments.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(26); }
  void set_arguments(const CLI::App* command, std::string arguments) {
    arguments_[command] = std::move(arguments);
  }
  std::string make_usage(const CLI::App* command, std::string name) const override {
    const auto found = arguments_.find(command);
    if (found == arguments_.end()) return fmt::format("Usage: {} VERB …\n", name);
    return fmt::format("Usage: {} [FLAGS] {}\n", name, found->second);
  }

 private:
  std::map<const CLI::App*, std::string> arguments_;
};

struct Command {
  std::unique_ptr<Verb> verb;
  CLI::App* app = nullptr;
};

// What the command line holds, taken apart.
struct Arguments {
  std::vector<std::string> flags;     // for CLI11
  std::vector<std::string> verbatim;  // after "--": names, whatever they look like
};

Arguments split(int argc, const char* const* argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--") {
      arguments.verbatim.assign(argv + i + 1, argv + argc);
      break;
    }
    arguments.flags.emplace_back(argv[i]);
  }
  return arguments;
}

class Program {
 public:
  Program() : app_("Validates video made by AI models: is it coherent in time?", "videogen") {
    app_.formatter(formatter_);
    app_.set_version_flag("--version", std::string("videogen ") + VIDEOGEN_VERSION);
    app_.set_help_flag("-h,--help", "Print this help and exit");
    app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app_.footer(
        "Exit status: 0 done and passed, 1 done and not passed, 2 usage, 3 bad input,\n"
        "4 not found or unreachable, 5 interrupted, 6 budget used up, 70 internal error.\n\n"
        "Example: videogen validate clip.mp4");
    add(make_validate());
    add(make_generate());
    add(make_embed());
    add(make_sample());
    add(make_models_list());
    add(make_models_pull());
    add(make_models_verify());
    add(make_emulate());
    add(make_serve());
    add(make_mcp());
    add(make_doctor());
  }

  int run(int argc, const char* const* argv, Console& console, Interruption& interruption) {
    const Result<int> status = parse_and_run(split(argc, argv), console, interruption);
    return status ? *status : console.error(status.error());
  }

 private:
  // "models list" becomes the command `list` of the command `models`.
  void add(std::unique_ptr<Verb> verb) {
    CLI::App* parent = &app_;
    std::string name = verb->name();
    if (name.starts_with("models ")) {
      if (models_ == nullptr)
        models_ = app_.add_subcommand("models", "CLIP models on this machine")->group("Verbs");
      parent = models_;
      name.erase(0, name.find(' ') + 1);
    }
    CLI::App* command = parent->add_subcommand(name, verb->summary())->group("Verbs");
    command->allow_extras();
    formatter_->set_arguments(command, verb->arguments());
    verb->declare(*command);
    commands_.push_back({std::move(verb), command});
  }

  Result<int> parse_and_run(Arguments arguments, Console& console, Interruption& interruption) {
    VIDEOGEN_TRY(check_verb(arguments.flags));
    typed_ = arguments.flags;
    try {
      std::ranges::reverse(arguments.flags);  // as CLI11 wants them
      app_.parse(std::move(arguments.flags));
    } catch (const CLI::CallForHelp&) {
      VIDEOGEN_TRY(console.write(app_.help()));
      return 0;
    } catch (const CLI::CallForVersion& version) {
      VIDEOGEN_TRY(console.write(fmt::format("{}\n", version.what())));
      return 0;
    } catch (const CLI::ParseError& error) {
      return fail(ErrorCode::usage, error.what());
    }
    for (Command& command : commands_) {
      if (!command.app->parsed()) continue;
      VIDEOGEN_TRY(std::vector<std::string> names, names_of(*command.app));
      names.insert(names.end(), arguments.verbatim.begin(), arguments.verbatim.end());
      Context context{console, interruption, origins_in_environment(*command.app)};
      VIDEOGEN_TRY(apply_configuration(command, context.origins));
      return command.verb->run(context, names);
    }
    return fail(ErrorCode::usage, "no verb given (videogen --help lists them)");
  }

  // CLI11 would call an unknown verb an unexpected argument.
  [[nodiscard]] Status check_verb(const std::vector<std::string>& arguments) const {
    const CLI::App* parent = &app_;
    std::string before;
    for (const std::string& argument : arguments) {
      if (argument.starts_with('-')) return {};
      std::vector<std::string> verbs;
      for (const CLI::App* verb : parent->get_subcommands({})) verbs.push_back(verb->get_name());
      if (verbs.empty()) return {};
      if (std::ranges::find(verbs, argument) == verbs.end()) {
        const auto near = nearest(argument, verbs);
        return fail(ErrorCode::usage,
                    fmt::format("no verb {}{}{} (videogen --help lists them)", before,
                                printable(argument, 60),
                                near ? fmt::format(", did you mean {}?", *near) : ""));
      }
      parent = parent->get_subcommand(argument);
      before += argument + " ";
    }
    return {};
  }

  // What is no flag. Errors: usage, for a flag that the verb does not have.
  static Result<std::vector<std::string>> names_of(const CLI::App& command) {
    std::vector<std::string> flags;
    for (const CLI::Option* option : command.get_options())
      for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    std::vector<std::string> names = command.remaining();
    for (const std::string& name : names) {
      const bool number = name.size() > 1 && name[1] >= '0' && name[1] <= '9';
      if (name.size() < 2 || !name.starts_with('-') || number) continue;
      const std::string typed = name.substr(0, name.find('='));
      const auto near = nearest(typed, flags);
      return fail(ErrorCode::usage,
                  fmt::format("{} has no flag {}{} (a name that starts with a dash goes after --)",
                              command.get_name(), printable(typed, 60),
                              near ? fmt::format(", did you mean {}?", *near) : ""));
    }
    return names;
  }

  [[nodiscard]] bool was_typed(const std::string& name) const {
    const std::string flag = "--" + name;
    return std::ranges::any_of(typed_, [&](const std::string& argument) {
      return argument == flag || argument.starts_with(flag + "=");
    });
  }

  [[nodiscard]] Origins origins_in_environment(const CLI::App& command) const {
    Origins origins;
    for (const CLI::Option* option : command.get_options())
      for (const std::string& name : option->get_lnames())
        if (option->count() > 0 && !option->get_envname().empty() && !was_typed(name))
          origins[name] = option->get_envname();
    return origins;
  }

  Status apply_configuration(Command& command, Origins& origins) {
    const CLI::Option* config = command.app->get_option_no_throw("--config");
    if (config == nullptr || config->count() == 0) return {};
    const auto file = config->as<std::string>();
    std::vector<std::string> configurable;
    for (const Command& other : commands_)
      if (other.app->get_option_no_throw("--config") != nullptr)
        configurable.push_back(other.verb->name());
    try {
      VIDEOGEN_TRY(const std::set<std::string> applied,
                   apply_file(file, configurable, command.verb->name(), *command.app,
                              command.verb->own_tables()));
      for (const std::string& name : applied) origins[name] = fmt::format("{}: {}", file, name);
    } catch (const CLI::ParseError& error) {
      return fail(ErrorCode::usage, error.what());
    }
    return {};
  }

  CLI::App app_;
  CLI::App* models_ = nullptr;
  std::shared_ptr<HelpFormatter> formatter_ = std::make_shared<HelpFormatter>();
  std::vector<Command> commands_;
  std::vector<std::string> typed_;  // the command line, without what follows "--"
};

}  // namespace

int run_program(int argc, const char* const* argv) {
  Console console;
  Interruption interruption;
  return Program().run(argc, argv, console, interruption);
}

}  // namespace videogen::cli
