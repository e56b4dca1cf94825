#include <actors/app/terminal.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>

namespace {

using actors::app::environment;
using actors::app::terminal;

/// A terminal of the kernel's own making.
class pseudo_terminal {
public:
  pseudo_terminal() : main_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    EXPECT_GE(main_, 0);
    EXPECT_EQ(::grantpt(main_), 0);
    EXPECT_EQ(::unlockpt(main_), 0);
    std::array<char, 128> name{};
    EXPECT_EQ(::ptsname_r(main_, name.data(), name.size()), 0);
    user_ = ::open(name.data(), O_RDWR | O_NOCTTY);
    EXPECT_GE(user_, 0);
  }

  pseudo_terminal(const pseudo_terminal&) = delete;
  pseudo_terminal& operator=(const pseudo_terminal&) = delete;

  ~pseudo_terminal() {
    ::close(user_);
    ::close(main_);
  }

  void resize(unsigned short columns) const {
    winsize size{};
    size.ws_row = 24;
    size.ws_col = columns;
    EXPECT_EQ(::ioctl(main_, TIOCSWINSZ, &size), 0);
  }

  [[nodiscard]] int descriptor() const { return user_; }

private:
  int main_ = -1;
  int user_ = -1;
};

class null_device {
public:
  null_device() : descriptor_(::open("/dev/null", O_WRONLY | O_CLOEXEC)) {}

  null_device(const null_device&) = delete;
  null_device& operator=(const null_device&) = delete;

  ~null_device() { ::close(descriptor_); }

  [[nodiscard]] int descriptor() const { return descriptor_; }

private:
  int descriptor_;
};

const environment usual{{"TERM", "xterm"}, {"LANG", "en_US.UTF-8"}};

TEST(terminal, a_terminal_has_its_window_width_and_colours) {
  const pseudo_terminal window;
  window.resize(132);
  const terminal output(window.descriptor(), usual);
  EXPECT_TRUE(output.is_terminal());
  EXPECT_EQ(output.width(), 132U);
  EXPECT_TRUE(output.colour());
  EXPECT_TRUE(output.utf8());
}

TEST(terminal, widths_are_kept_sensible) {
  const pseudo_terminal window;
  window.resize(3);
  EXPECT_EQ(terminal(window.descriptor(), usual).width(), 20U);
  window.resize(60'000);
  EXPECT_EQ(terminal(window.descriptor(), usual).width(), 1000U);
  window.resize(0);
  EXPECT_EQ(terminal(window.descriptor(), usual).width(), 80U);
  EXPECT_EQ(terminal(window.descriptor(), {{"COLUMNS", "100"}}).width(), 100U);
}

TEST(terminal, columns_counts_where_there_is_no_window_if_it_is_a_number) {
  const null_device file;
  EXPECT_EQ(terminal(file.descriptor(), {}).width(), 80U);
  EXPECT_EQ(terminal(file.descriptor(), {{"COLUMNS", "120"}}).width(), 120U);
  for (const char* wrong : {"", "0", "-5", "12x", "99999999999999999999999", "wide"}) {
    EXPECT_EQ(terminal(file.descriptor(), {{"COLUMNS", wrong}}).width(), 80U) << wrong;
  }
}

TEST(terminal, a_file_or_a_closed_descriptor_is_none) {
  const null_device file;
  const terminal output(file.descriptor(), usual);
  EXPECT_FALSE(output.is_terminal());
  EXPECT_FALSE(output.colour());
  EXPECT_FALSE(terminal(-1, usual).is_terminal());
}

TEST(terminal, colours_can_be_refused_and_forced) {
  const pseudo_terminal window;
  const null_device file;
  EXPECT_FALSE(terminal(window.descriptor(), {{"TERM", "xterm"}, {"NO_COLOR", "1"}}).colour());
  EXPECT_TRUE(terminal(window.descriptor(), {{"TERM", "xterm"}, {"NO_COLOR", ""}}).colour());
  EXPECT_FALSE(terminal(window.descriptor(), {{"TERM", "dumb"}}).colour());
  EXPECT_FALSE(terminal(window.descriptor(), {}).colour());
  EXPECT_TRUE(terminal(file.descriptor(), {{"CLICOLOR_FORCE", "1"}}).colour());
  EXPECT_FALSE(terminal(file.descriptor(), {{"CLICOLOR_FORCE", "0"}, {"TERM", "xterm"}}).colour());
  EXPECT_FALSE(terminal(file.descriptor(), {{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}).colour());
}

TEST(terminal, the_first_locale_variable_that_is_not_empty_decides_about_utf8) {
  const auto utf8 = [](const environment& variables) { return terminal(-1, variables).utf8(); };
  EXPECT_TRUE(utf8({{"LANG", "C.UTF-8"}}));
  EXPECT_TRUE(utf8({{"LANG", "de_DE.utf8@euro"}}));
  EXPECT_FALSE(utf8({{"LANG", "C"}}));
  EXPECT_FALSE(utf8({{"LANG", "de_DE.ISO-8859-1"}}));
  EXPECT_FALSE(utf8({}));
  EXPECT_FALSE(utf8({{"LC_ALL", "C"}, {"LANG", "C.UTF-8"}}));
  EXPECT_TRUE(utf8({{"LC_ALL", ""}, {"LC_CTYPE", "C.UTF-8"}, {"LANG", "C"}}));
}

} // namespace
