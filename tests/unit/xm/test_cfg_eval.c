/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The evaluator: what expressions give, and where which mistakes are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cfg.h"
#include "cfg_int.h"

static int run_text(struct xm_cfg **cfg_out, const char *text, size_t len, struct ut_err *err)
{
    struct xm_cfg *cfg = xm_cfg_new("t.cfg");

    assert_non_null(cfg);
    *cfg_out = cfg;
    return xm_cfg_run(cfg, text, len, err);
}

/* repr of variable `name` after running `text`, or the message of its failure. Returns the number
 * of differences, so that one run shows them all. */
static unsigned check_value(const char *text, const char *name, const char *want)
{
    unsigned bad = 0;
    struct ut_buf got = UT_BUF_INIT;
    struct ut_err err = UT_ERR_INIT;
    const struct xm_cfg_var *var;
    struct xm_cfg *cfg;

    if (run_text(&cfg, text, strlen(text), &err)) {
        ut_buf_adds(&got, err.text);
    } else {
        var = xm_cfg_find(cfg, name);
        if (!var || !var->value) ut_buf_adds(&got, "(unset)");
        else assert_true(xm__add_repr(cfg, var->pos, var->value, &got));
    }
    if (strcmp(ut_buf_str(&got), want) != 0) {
        print_error("%s\n   gives %s\n   want  %s\n", text, ut_buf_str(&got), want);
        bad++;
    }
    ut_buf_fini(&got);
    xm_cfg_free(cfg);
    return bad;
}

static const struct {
    const char *expr;
    const char *want;
} values[] = {
    /* numbers */
    { "0", "0" },
    { "42", "42" },
    { "0x1F", "31" },
    { "0XfF", "255" },
    { "0o17", "15" },
    { "017", "15" },
    { "0b101", "5" },
    { "10L", "10" },
    { "9223372036854775807", "9223372036854775807" },
    { "1.5", "1.5" },
    { "1.", "1.0" },
    { ".5", "0.5" },
    { "1e3", "1000.0" },
    { "1.5e-3", "0.0015" },
    { "0.1 + 0.2", "0.30000000000000004" },
    { "1e100", "1e+100" },
    { "True", "True" },
    { "False", "False" },
    { "None", "None" },
    { "-5", "-5" },
    { "- -5", "5" },
    { "+5", "5" },
    { "~5", "-6" },
    { "-2.5", "-2.5" },
    /* arithmetic, with Python 2's division */
    { "1 + 2 * 3", "7" },
    { "(1 + 2) * 3", "9" },
    { "7 / 2", "3" },
    { "-7 / 2", "-4" },
    { "7 // 2", "3" },
    { "-7 // 2", "-4" },
    { "7 // -2", "-4" },
    { "7 / 2.0", "3.5" },
    { "-7 // 2.0", "-4.0" },
    { "7 % 3", "1" },
    { "-7 % 3", "2" },
    { "7 % -3", "-2" },
    { "7.5 % 2", "1.5" },
    { "-7.5 % 2", "0.5" },
    { "2 ** 10", "1024" },
    { "2 ** 3 ** 2", "512" },
    { "-2 ** 2", "-4" },
    { "2 ** -1.0", "0.5" },
    { "(-1) ** 5", "-1" },
    { "0 ** 0", "1" },
    { "1 << 4", "16" },
    { "-1 >> 1", "-1" },
    { "255 >> 4", "15" },
    { "1 >> 100", "0" },
    { "0 << 100", "0" },
    { "6 & 3", "2" },
    { "6 | 3", "7" },
    { "6 ^ 3", "5" },
    { "1 | 2 ^ 3 & 4", "3" },
    { "1 + 1 << 2", "8" },
    { "True + True", "2" },
    { "10 - 4 - 3", "3" },
    { "100 / 10 / 5", "2" },
    /* strings */
    { "'a'", "'a'" },
    { "\"a\"", "'a'" },
    { "''", "''" },
    { "'it\\'s'", "\"it's\"" },
    { "\"it's\"", "\"it's\"" },
    { "'say \"x\"'", "'say \"x\"'" },
    { "'''a'b\"c'''", "'a\\'b\"c'" },
    { "'''two\nlines'''", "'two\\nlines'" },
    { "'''two\r\nlines'''", "'two\\nlines'" },
    { "\"\"\"x\"\"\"", "'x'" },
    { "''''a'''", "\"'a\"" },
    { "r'a\\n'", "'a\\\\n'" },
    { "R\"a\\\"b\"", "'a\\\\\"b'" },
    { "u'a\\u00e9'", "'a\\xc3\\xa9'" },
    { "u'\\U0001F600'", "'\\xf0\\x9f\\x98\\x80'" },
    { "'\\u00e9'", "'\\\\u00e9'" },
    { "b'x'", "'x'" },
    { "ur'\\x'", "'\\\\x'" },
    { "'\\a\\b\\f\\v'", "'\\x07\\x08\\x0c\\x0b'" },
    { "'\\t\\n\\r\\\\'", "'\\t\\n\\r\\\\'" },
    { "'\\x41\\101\\7'", "'AA\\x07'" },
    { "'\\q'", "'\\\\q'" },
    { "'a\\\nb'", "'ab'" },
    { "'a' 'b' \"c\"", "'abc'" },
    { "('a'\n   'b')", "'ab'" },
    { "'a' + 'b' * 3", "'abbb'" },
    { "3 * 'ab'", "'ababab'" },
    { "'a' * 0", "''" },
    { "'a' * -1", "''" },
    { "'abc'[0]", "'a'" },
    { "'abc'[-1]", "'c'" },
    { "'abc'[1:]", "'bc'" },
    { "'abc'[:-1]", "'ab'" },
    { "'abc'[::-1]", "'cba'" },
    { "'abcdef'[1:5:2]", "'bd'" },
    { "'abcdef'[5:1:-2]", "'fd'" },
    { "'abc'[5:]", "''" },
    { "'abc'[-100:100]", "'abc'" },
    { "'abc'[2:0:-1]", "'cb'" },
    { "'abc'[None:2]", "'ab'" },
    /* lists, tuples, dicts */
    { "[]", "[]" },
    { "[1, 2,]", "[1, 2]" },
    { "[1,\n 2, # two\n 3]", "[1, 2, 3]" },
    { "()", "()" },
    { "(1)", "1" },
    { "(1,)", "(1,)" },
    { "1, 2", "(1, 2)" },
    { "1,", "(1,)" },
    { "{}", "{}" },
    { "{'a': 1, 'b': [2]}", "{'a': 1, 'b': [2]}" },
    { "{'a': 1, 'a': 2}", "{'a': 2}" },
    { "{1: 'x', 1.0: 'y'}", "{1: 'y'}" },
    { "{'k': 5}['k']", "5" },
    { "{(1, 2): 3}[1, 2]", "3" },
    { "[1, 2, 3][1]", "2" },
    { "[1, 2, 3][1:]", "[2, 3]" },
    { "(1, 2, 3)[:2]", "(1, 2)" },
    { "[1] + [2]", "[1, 2]" },
    { "(1,) + (2,)", "(1, 2)" },
    { "[0] * 3", "[0, 0, 0]" },
    { "[[1, 2], [3]][0][1]", "2" },
    /* comparisons and logic */
    { "1 < 2", "True" },
    { "1 < 2 < 3", "True" },
    { "1 < 3 < 2", "False" },
    { "1 == 1.0", "True" },
    { "1 != 2", "True" },
    { "1 <> 2", "True" },
    { "'a' < 'b'", "True" },
    { "'a' < 'ab'", "True" },
    { "[1, 2] < [1, 3]", "True" },
    { "(1, 2) >= (1,)", "True" },
    { "[1, [2]] == [1, [2]]", "True" },
    { "{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "True" },
    { "1 == '1'", "False" },
    { "None == None", "True" },
    { "None is None", "True" },
    { "1 is not None", "True" },
    { "'b' in 'abc'", "True" },
    { "'' in 'abc'", "True" },
    { "2 in [1, 2]", "True" },
    { "2 not in (1, 3)", "True" },
    { "'a' in {'a': 1}", "True" },
    { "not 0", "True" },
    { "not 'a'", "False" },
    { "not not 1", "True" },
    { "1 and 2", "2" },
    { "0 and undefined", "0" },
    { "1 or undefined", "1" },
    { "0 or ''", "''" },
    { "not 1 == 2", "True" },
    { "1 if True else undefined", "1" },
    { "undefined if [] else 'e'", "'e'" },
    { "1 if 0 else 2 if 0 else 3", "3" },
    /* formatting */
    { "'%d' % 5", "'5'" },
    { "'%s-%s' % ('a', 1)", "'a-1'" },
    { "'%s' % [1, 'a']", "\"[1, 'a']\"" },
    { "'%s' % ((1, 2),)", "'(1, 2)'" },
    { "'%r' % 'a'", "\"'a'\"" },
    { "'%5d|%-5d|%05d' % (1, 2, 3)", "'    1|2    |00003'" },
    { "'%+d % d' % (1, 2)", "'+1  2'" },
    { "'%x %X %o %#x' % (255, 255, 8, 255)", "'ff FF 10 0xff'" },
    { "'%.2f' % 3.14159", "'3.14'" },
    { "'%5.1f' % 2", "'  2.0'" },
    { "'%e' % 12345.678", "'1.234568e+04'" },
    { "'%g' % 0.0001", "'0.0001'" },
    { "'%c%c' % ('a', 98)", "'ab'" },
    { "'%5s|%-5s|%.2s' % ('a', 'b', 'cde')", "'    a|b    |cd'" },
    { "'%*d' % (5, 42)", "'   42'" },
    { "'%(a)s %(b)03d' % {'a': 'x', 'b': 7}", "'x 007'" },
    { "'100%%' % ()", "'100%'" },
    { "'%d' % 3.99", "'3'" },
    { "'%d' % True", "'1'" },
    { "'%s' % None", "'None'" },
    { "'%s' % 1.0", "'1.0'" },
    { "'%s' % 0.1", "'0.1'" },
    { "'x' % {}", "'x'" },
    { "'{} {}'.format(1, 'a')", "'1 a'" },
    { "'{1}{0}'.format('a', 'b')", "'ba'" },
    { "'{0:03d} {0:x}'.format(10)", "'010 a'" },
    { "'{{}}'.format()", "'{}'" },
    { "'{:>5}'.format(1)", "unsupported format specification" },
    /* functions and methods */
    { "str(5)", "'5'" },
    { "str('a')", "'a'" },
    { "str()", "''" },
    { "str(1.5) + str(None)", "'1.5None'" },
    { "int('7')", "7" },
    { "int(' 7 ')", "7" },
    { "int('ff', 16)", "255" },
    { "int('0x1f', 0)", "31" },
    { "int(3.9)", "3" },
    { "int(-3.9)", "-3" },
    { "float('1.5')", "1.5" },
    { "float(2)", "2.0" },
    { "bool([])", "False" },
    { "len('abc')", "3" },
    { "len({'a': 1})", "1" },
    { "len([])", "0" },
    { "range(3)", "[0, 1, 2]" },
    { "range(1, 4)", "[1, 2, 3]" },
    { "range(5, 0, -2)", "[5, 3, 1]" },
    { "range(0)", "[]" },
    { "list('ab')", "['a', 'b']" },
    { "list((1, 2))", "[1, 2]" },
    { "tuple([1])", "(1,)" },
    { "abs(-3)", "3" },
    { "abs(2.5)", "2.5" },
    { "max(1, 3, 2)", "3" },
    { "min([3, 1, 2])", "1" },
    { "sum([1, 2, 3])", "6" },
    { "hex(255)", "'0xff'" },
    { "repr('a')", "\"'a'\"" },
    { "','.join(['a', 'b'])", "'a,b'" },
    { "''.join(())", "''" },
    { "'a b  c'.split()", "['a', 'b', 'c']" },
    { "'a,b,'.split(',')", "['a', 'b', '']" },
    { "'a,b,c'.split(',', 1)", "['a', 'b,c']" },
    { "'a b c'.split(None, 1)", "['a', 'b c']" },
    { "' a '.strip()", "'a'" },
    { "'xxaxx'.strip('x')", "'a'" },
    { "' a '.lstrip() + '|'", "'a |'" },
    { "'|' + ' a '.rstrip()", "'| a'" },
    { "'aBc'.upper() + 'aBc'.lower() + 'aBc'.capitalize()", "'ABCabcAbc'" },
    { "'aXbX'.replace('X', '--')", "'a--b--'" },
    { "'abc'.startswith('ab'), 'abc'.endswith('bc')", "(True, True)" },
    { "'abc'.find('c'), 'abc'.find('z')", "(2, -1)" },
    { "'banana'.count('an')", "2" },
    { "'12'.isdigit(), ''.isdigit()", "(True, False)" },
    { "'7'.zfill(3) + 'a'.ljust(3) + 'b'.rjust(3)", "'007a    b'" },
    { "[1, 2].index(2)", "1" },
    { "{'a': 1}.get('a'), {}.get('b', 2), {}.get('c')", "(1, 2, None)" },
    { "{'a': 1}.keys() + {'a': 1}.values()", "['a', 1]" },
    { "{'a': 1}.has_key('a')", "True" },
    { "string.join(['a', 'b'], '-')", "'a-b'" },
    { "string.split('a b')", "['a', 'b']" },
    { "string.upper('a')", "'A'" },
    { "len(os.uname())", "5" },
    { "os.environ.get('XM_SURELY_UNSET', 'd')", "'d'" },
    { "os.getenv('XM_SURELY_UNSET')", "None" },
    { "os.path.join('a', 'b'), os.path.join('a/', '/b')", "('a/b', '/b')" },
    { "os.path.basename('/a/b'), os.path.dirname('/a/b')", "('b', '/a')" },
    { "os.path.exists('/nonexistent')", "False" },
    { "os.path.isdir('/')", "True" },
    { "re.search('b+', 'abbc') is not None", "True" },
    { "re.search('^b', 'ab')", "None" },
    { "re.match('b', 'ab'), re.match('a|b', 'ba')", "(None, True)" },
    { "'i386' if re.search('z', 'x86') else 'amd64'", "'amd64'" },
    { "sys.platform", "'linux2'" },
};

static void test_expressions(void **state)
{
    unsigned bad = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        struct ut_buf text = UT_BUF_INIT;

        ut_buf_addf(&text, "x = %s\n", values[i].expr);
        bad += check_value(ut_buf_str(&text), "x", values[i].want);
        ut_buf_fini(&text);
    }
    assert_int_equal(bad, 0);
}

static const struct {
    const char *text;
    const char *want;               /* of x */
} programs[] = {
    { "x = 1", "1" },
    { "x = 1;", "1" },
    { "y = 1; x = y + 1; z = 3\n", "2" },
    { "\n\n# comment\n   # indented comment\nx = 1 # end\n\n", "1" },
    { "\xef\xbb\xbfx = 1\n", "1" },
    { "x = 1\r\ny = 2\r\n", "1" },
    { "y = 0\rx = 5\r", "5" },
    { "x = \\\n  1 + \\\r\n  2\n", "3" },
    { "x = [\n# one\n1,\n\n2 ]\n", "[1, 2]" },
    { "x = y = z = 4", "4" },
    { "a, x = 1, 2", "2" },
    { "(a, x) = [1, 2]", "2" },
    { "[a, x] = 'p', 'q'", "'q'" },
    { "x = 1\nx += 2", "3" },
    { "x = 'a'\nx += 'b'", "'ab'" },
    { "x = 10\nx -= 1; x *= 4; x /= 5; x %= 4", "3" },
    { "x = 5\nx //= 2; x **= 3; x <<= 1; x >>= 2; x |= 9; x &= 12; x ^= 1", "13" },
    { "y = [1]\nx = y\ny += [2]\ny.append(3)", "[1, 2, 3]" },
    { "x = [1]\nx += x", "[1, 1]" },
    { "x = [1]\nx.extend(x)", "[1, 1]" },
    { "x = [1, 2]\nx[0] = 9\nx[-1] = 8", "[9, 8]" },
    { "x = {}\nx['a'] = 1; x['b'] = 2; del x['a']", "{'b': 2}" },
    { "x = [1, 2, 3]\ndel x[1]", "[1, 3]" },
    { "x = [3, 1, 2]\nx.sort()\nx.reverse()", "[3, 2, 1]" },
    { "x = [1, 3]\nx.insert(1, 2)\nx.insert(-99, 0)", "[0, 1, 2, 3]" },
    { "x = [1, 2]\ny = x.pop()\nx.remove(1)", "[]" },
    { "x = 1\ndel x", "(unset)" },
    { "x = 1\npass\n", "1" },
    { "'a docstring'\nx = 1", "1" },
    { "import os, re\nimport sys; import string\nimport os.path\nx = 1", "1" },
    { "os = 5\nimport os\nx = os.path.basename('/b')", "'b'" },
    { "str = 5\nx = str + 1", "6" },
    { "if 1: x = 1\nelse: x = 2", "1" },
    { "if 0: x = 1\nelse: x = 2", "2" },
    { "if 0:\n  x = 1\nelif 1:\n  x = 2\nelif 1:\n  x = 3\nelse:\n  x = 4\n", "2" },
    { "if 0:\n  x = 1\nelif 0:\n  x = 2\nelse:\n  x = 4", "4" },
    { "x = 0\nif 0:\n  x = 1\nx += 1", "1" },
    { "if 1:\n  if 0:\n    x = 1\n  else:\n    x = 2\n  y = 3\n", "2" },
    { "if 1:\n\tx = 1\n        y = 2\n", "1" },
    { "if 1:\n  x = 1\n# comment at the margin\n  x = 2\n", "2" },
    { "if 1:\n  x = [1,\n2]\n", "[1, 2]" },
    { "if 1: x = 1; y = 2\n", "1" },
    { "if 1:\n  pass\nx = 7", "7" },
    { "if 0: undefined()\nx = 1", "1" },
    { "if ('a' in 'abc' and\n    True):\n  x = 1\n", "1" },
    { "memory = 64\nvcpus = 2\nx = memory * vcpus", "128" },
    { "x = {'a': {'b': [1, (2, 3)]}}['a']['b'][1][0]", "2" },
    { "x = ('%s' % 'a').upper().lower()[0].replace('a', 'z')", "'z'" },
    { "a = [1]\na.append(a)\nx = len(a)", "2" },
    { "a = [1]\na.append(a)\nx = a == a", "True" },
};

static void test_programs(void **state)
{
    unsigned bad = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
        bad += check_value(programs[i].text, "x", programs[i].want);
    assert_int_equal(bad, 0);
}

static const struct {
    const char *text;
    unsigned line, col;
    const char *message;            /* part of it */
} failures[] = {
    /* words of Python that are refused, each at its place */
    { "def f():\n  pass\n", 1, 1, "'def' is not supported" },
    { "x = 1\n\nclass A: pass", 3, 1, "'class' is not supported" },
    { "for i in [1]: pass", 1, 1, "'for' is not supported" },
    { "while 1: pass", 1, 1, "'while' is not supported" },
    { "x = lambda: 1", 1, 5, "'lambda' is not supported" },
    { "exec 'x'", 1, 1, "'exec' is not supported" },
    { "print 1", 1, 1, "'print' is not supported" },
    { "print(1)", 1, 1, "'print' is not supported" },
    { "try:\n  x = 1\n", 1, 1, "'try' is not supported" },
    { "raise X", 1, 1, "'raise' is not supported" },
    { "with x: pass", 1, 1, "'with' is not supported" },
    { "global x", 1, 1, "'global' is not supported" },
    { "assert 1", 1, 1, "'assert' is not supported" },
    { "return 1", 1, 1, "'return' is not supported" },
    { "if 1:\n  return", 2, 3, "'return' is not supported" },
    { "from os import path", 1, 1, "'from' is not supported" },
    { "import os as o", 1, 11, "'as' is not supported" },
    { "import socket", 1, 8, "module 'socket' is not available" },
    { "import os, os.system", 1, 12, "module 'os.system' is not available" },
    { "x = [i for i in y]", 1, 8, "'for' is not supported" },
    { "x = `1`", 1, 5, "'`' is not supported" },
    { "@x\n", 1, 1, "'@' is not supported" },
    { "x = (y := 1)", 1, 8, "':=' is not supported" },
    { "else: x = 1", 1, 1, "'else' is not supported" },
    { "x = {1, 2}", 1, 5, "sets are not supported" },
    { "x = f'a'", 1, 5, "f-strings are not supported" },
    { "x = str(object=1)", 1, 9, "named arguments are not supported" },
    { "x = max(*y)", 1, 9, "argument lists (*)" },
    /* syntax */
    { "x = ", 1, 5, "the line ends where a value" },
    { "x = 1 2", 1, 7, "unexpected '2'" },
    { "x = 1 'a'", 1, 7, "unexpected string 'a'" },
    { "x y", 1, 3, "unexpected 'y'" },
    { "x = (1", 1, 5, "'(' is never closed" },
    { "x = [1, (2]", 1, 11, "']' does not close the '(' of line 1, column 9" },
    { "x = 1)", 1, 6, "')' closes nothing" },
    { "x = [1,\n2\ny = 3", 3, 1, "(the '[' of line 1, column 5 is open)" },
    { "x = {'a' 1}", 1, 10, "unexpected '1'" },
    { "x = 'abc", 1, 5, "not closed on its line" },
    { "x = 'abc\ny = 'd'", 1, 5, "not closed on its line" },
    { "x = \"\"\"abc\n\n", 1, 5, "not closed before the end of the file" },
    { "x = 'a\\", 1, 5, "not closed" },
    { "x = q'a'", 1, 5, "'q' is not a string prefix" },
    { "x = '\\xg1'", 1, 6, "needs 2 hexadecimal digits" },
    { "x = u'\\u12'", 1, 7, "needs 4 hexadecimal digits" },
    { "x = u'\\ud800'", 1, 7, "there is no character" },
    { "x = 'a\\0b'", 1, 7, "character with code 0" },
    { "x = '\\x00'", 1, 6, "character with code 0" },
    { "x = 12abc", 1, 5, "malformed number" },
    { "x = 0x", 1, 5, "malformed number" },
    { "x = 089", 1, 5, "'8' is not a digit of base 8" },
    { "x = 0b12", 1, 5, "'2' is not a digit of base 2" },
    { "x = 1.2.3", 1, 5, "malformed number" },
    { "x = 99999999999999999999", 1, 5, "too large" },
    { "x = 1e999", 1, 5, "malformed number" },
    { "x = $", 1, 5, "unexpected character '$'" },
    { "x = 1 \\ \n", 1, 7, "a backslash must be the last" },
    { "\xc3\xa9 = 1", 1, 1, "byte 0xc3" },
    { "  x = 1", 1, 3, "must not be indented" },
    { "x = 1\n y = 2", 2, 2, "must not be indented" },
    { "if 1:\nx = 1", 2, 1, "an indented line is expected" },
    { "if 1:\n", 2, 1, "an indented line is expected" },
    { "if 1:\n    x = 1\n  y = 2", 3, 3, "indented like none of the blocks" },
    { "if 1\n  x = 1", 1, 5, "the line ends where ':'" },
    { "if : x", 1, 4, "unexpected ':'" },
    { "x = 1 if 2", 1, 11, "where 'else'" },
    { "x = not", 1, 8, "where a value" },
    { "x = 1 not 2", 1, 11, "'in' is expected" },
    { "x = a.", 1, 7, "where a name" },
    { "x = a[]", 1, 7, "an index is expected" },
    { "x = a[1:2:3:4]", 1, 12, "']' is expected" },
    { "1 = x", 1, 1, "cannot be assigned to" },
    { "'a' = x", 1, 1, "cannot be assigned to" },
    { "f() = x", 1, 1, "only variables and items" },
    { "a.b = x", 1, 1, "only variables and items" },
    { "x + 1 = 2", 1, 1, "cannot be assigned to" },
    { "a, 1 = 2, 3", 1, 4, "cannot be assigned to" },
    { "None = 1", 1, 1, "cannot be assigned to" },
    { "a, b += 1", 1, 1, "cannot be assigned to" },
    { "x = 1 = 2", 1, 5, "cannot be assigned to" },
    { "del 1", 1, 5, "cannot be assigned to" },
    { "import", 1, 7, "the name of a module" },
    { "x = if", 1, 5, "unexpected 'if'" },
    /* evaluation */
    { "x = y", 1, 5, "name 'y' is not defined" },
    { "a = 1\nx = a + bb", 2, 9, "name 'bb' is not defined" },
    { "x = 1\ndel x\ny = x", 3, 5, "name 'x' is not defined" },
    { "del y", 1, 5, "name 'y' is not defined" },
    { "x += 1", 1, 1, "name 'x' is not defined" },
    { "x = open('f')", 1, 5, "'open' is not available" },
    { "x = eval('1')", 1, 5, "'eval' is not available" },
    { "x = __import__('os')", 1, 5, "name '__import__' is not defined" },
    { "x = xm_vars.var('a')", 1, 5, "NAME=VALUE on the command line" },
    { "x = os.system('ls')", 1, 7, "'os.system' is not available" },
    { "x = os.popen", 1, 7, "'os.popen' is not available" },
    { "x = ''.__class__", 1, 7, "no attribute '__class__'" },
    { "x = 1 + 'a'", 1, 7, "unsupported operand type(s) for +: 'int' and 'str'" },
    { "x = 'a' + 1", 1, 9, "write str(NUMBER)" },
    { "x = [] + ()", 1, 8, "'list' and 'tuple'" },
    { "x = 'a' - 'b'", 1, 9, "for -: 'str' and 'str'" },
    { "x = None * 2", 1, 10, "for *: 'NoneType' and 'int'" },
    { "x = 1.5 | 2", 1, 9, "unsupported operand" },
    { "x = -'a'", 1, 5, "bad operand type for unary -: 'str'" },
    { "x = ~1.5", 1, 5, "bad operand type for unary ~" },
    { "x = 1 / 0", 1, 7, "by zero" },
    { "x = 1 % 0", 1, 7, "by zero" },
    { "x = 1.0 / 0", 1, 9, "by zero" },
    { "x = 9223372036854775807 + 1", 1, 25, "too large" },
    { "x = -9223372036854775807 - 2", 1, 26, "too large" },
    { "x = 2 ** 64", 1, 7, "too large" },
    { "x = 2 ** -1", 1, 7, "negative powers" },
    { "x = 1 << 63", 1, 7, "too large" },
    { "x = 1 << -1", 1, 7, "negative shift" },
    { "x = 1e300 * 1e300", 1, 11, "not a finite number" },
    { "x = 1 < 'a'", 1, 7, "'int' and 'str' cannot be ordered" },
    { "x = 1 in 2", 1, 7, "argument of type 'int' is not iterable" },
    { "x = 1 in 'a'", 1, 7, "requires string as left operand" },
    { "x = [1][1]", 1, 8, "index out of range" },
    { "x = 'a'[-2]", 1, 8, "index out of range" },
    { "x = [1]['a']", 1, 8, "must be integers" },
    { "x = {}['k']", 1, 7, "there is no key 'k'" },
    { "x = 5[0]", 1, 6, "'int' has no items" },
    { "x = 5[0:1]", 1, 6, "'int' cannot be sliced" },
    { "x = 'a'[::0]", 1, 8, "must be an integer other than 0" },
    { "x = 'a'['b':]", 1, 8, "slice bounds" },
    { "x = {[]: 1}", 1, 6, "unhashable type: 'list'" },
    { "x = 'a'\nx[0] = 'b'", 2, 1, "does not support item assignment" },
    { "x = (1,)\ndel x[0]", 2, 5, "does not support item deletion" },
    { "a, b = 1", 1, 1, "'int' cannot be unpacked" },
    { "a, b = 1, 2, 3", 1, 1, "3 values for 2 variables" },
    { "x = 5()", 1, 6, "'int' object is not callable" },
    { "x = len()", 1, 8, "takes 1 to 1 arguments (0 given)" },
    { "x = len(5)", 1, 8, "has no len()" },
    { "x = int('a')", 1, 8, "invalid literal for int(): 'a'" },
    { "x = int('')", 1, 8, "invalid literal for int()" },
    { "x = int([])", 1, 8, "must be a string or a number, not list" },
    { "x = int('1', 99)", 1, 8, "the base of int()" },
    { "x = float('nan')", 1, 10, "invalid literal" },
    { "x = float('inf')", 1, 10, "invalid literal" },
    { "x = range(1, 5, 0)", 1, 10, "must not be 0" },
    { "x = max([])", 1, 8, "the list is empty" },
    { "x = ','.join([1])", 1, 13, "item 0 is not a string but int" },
    { "x = 'a'.split('')", 1, 14, "empty separator" },
    { "x = 'a'.nosuch()", 1, 8, "no attribute 'nosuch'" },
    { "x = [].index(1)", 1, 13, "not in the list" },
    { "x = [].pop()", 1, 11, "out of range" },
    { "x = '%d' % 'a'", 1, 10, "a number is required, not str" },
    { "x = '%s %s' % 'a'", 1, 13, "not enough arguments" },
    { "x = '%s' % (1, 2)", 1, 10, "not all arguments converted" },
    { "x = 'a' % 1", 1, 9, "not all arguments converted" },
    { "x = '%' % 1", 1, 9, "incomplete format" },
    { "x = '%y' % 1", 1, 10, "unsupported format character 'y'" },
    { "x = '%(a)s' % 1", 1, 13, "requires a mapping" },
    { "x = '%(a)s' % {}", 1, 13, "there is no key 'a'" },
    { "x = '%(a' % {}", 1, 11, "incomplete format key" },
    { "x = '%x' % -1", 1, 10, "negative" },
    { "x = '%c' % 0", 1, 10, "%c needs" },
    { "x = '{'.format()", 1, 15, "single '{'" },
    { "x = '{}'.format()", 1, 16, "not enough arguments" },
    { "x = '{a}'.format(1)", 1, 17, "only {} and {NUMBER}" },
    { "x = re.search('a{9}', 'a')", 1, 14, "only simple patterns" },
    { "x = re.search('(', 'a')", 1, 14, "malformed pattern" },
    { "x = re.search(1, 'a')", 1, 14, "must be a string" },
    { "x = [3, 'a']\nx.sort()", 2, 7, "cannot be ordered" },
    { "if 1:\n  x = zz\n", 2, 7, "name 'zz' is not defined" },
    { "x = 'a' \\\n  + 1", 2, 3, "unsupported operand" },
    { "x = ['''\n\n''', nope]", 3, 6, "name 'nope' is not defined" },
};

static void test_failures(void **state)
{
    unsigned bad = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
        struct ut_err err = UT_ERR_INIT;
        struct xm_cfg *cfg;
        struct xm_pos pos;
        int rc = run_text(&cfg, failures[i].text, strlen(failures[i].text), &err);

        pos = xm_cfg_error_pos(cfg, NULL);
        if (rc != UT_EFORMAT || pos.line != failures[i].line || pos.col != failures[i].col ||
            !strstr(err.text, failures[i].message)) {
            print_error("%s\n   gives %d at %u:%u: %s\n   want  %u:%u: %s\n", failures[i].text, rc,
                        pos.line, pos.col, err.text, failures[i].line, failures[i].col,
                        failures[i].message);
            bad++;
        }
        xm_cfg_free(cfg);
    }
    assert_int_equal(bad, 0);
}

/* TEXT is `unit` repeated: each must end with UT_ELIMIT, and soon. */
static const struct {
    const char *head, *unit, *tail;
    unsigned times;
} bombs[] = {
    { "x = 'a' * 10**9", "", "", 0 },
    { "x = [0] * 10**9", "", "", 0 },
    { "x = range(10**12)", "", "", 0 },
    { "x = 'a'\n", "x = x + x\n", "", 60 },
    { "x = [1]\n", "x = [x, x]\n", "y = str(x)\n", 60 },
    { "x = [1]\nz = [1]\n", "x = [x, x]; z = [z, z]\n", "y = x == z\n", 60 },
    { "x = ", "(", "", 200 },
    { "x = ", "[", "", 200 },
    { "x = ", "-", "1", 200 },
    { "x = ", "not ", "1", 200 },
    { "x = ", "1 ** -", "1", 200 },
    { "x = ", "1 if 1 else ", "1", 200 },
    { "a = [1]\na.append(a)\nx = str(a)\n", "", "", 0 },
    { "a = 'a' * 1000000\n", "b = a.replace('a', 'b')\n", "", 200 },
    { "a = 'a' * 1000000\n", "b = a[::-1]\n", "", 200 },
    { "a = 'a' * 1000000\nx = a.replace('a', 'bb')\n", "", "", 0 },
    { "a = 'a' * 1000000\nx = ','.join([a, a])\n", "", "", 0 },
    { "a = 'a' * 1000000\nx = '%s%s' % (a, a)\n", "", "", 0 },
    { "a = range(60000)\n", "b = a + []\n", "", 100 },
    { "a = range(60000)\na.reverse()\na.sort()\n", "", "", 0 },
    { "a = range(60000)\n", "x = -1 in a\n", "", 100 },
    { "a = 'x' * 4000\n", "b = re.search('y', a)\n", "", 1000 },
    { "x = '%5000d' % 1", "", "", 0 },
};

static void test_bombs(void **state)
{
    unsigned bad = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bombs); i++) {
        struct ut_buf text = UT_BUF_INIT;
        struct ut_err err = UT_ERR_INIT;
        struct xm_cfg *cfg;
        int rc;

        ut_buf_adds(&text, bombs[i].head);
        for (unsigned k = 0; k < bombs[i].times; k++)
            ut_buf_adds(&text, bombs[i].unit);
        ut_buf_adds(&text, bombs[i].tail);
        rc = run_text(&cfg, ut_buf_str(&text), text.len, &err);
        if (rc != UT_ELIMIT && !strstr(err.text, "a width of more than")) {
            print_error("%s%s...: %d %s\n", bombs[i].head, bombs[i].unit, rc, err.text);
            bad++;
        }
        xm_cfg_free(cfg);
        ut_buf_fini(&text);
    }
    assert_int_equal(bad, 0);
}

static void test_too_many_variables(void **state)
{
    struct ut_buf text = UT_BUF_INIT;
    struct ut_err err = UT_ERR_INIT;
    struct xm_cfg *cfg;

    (void)state;
    for (unsigned i = 0; i <= XM_CFG_MAX_VARS; i++)
        ut_buf_addf(&text, "v%u = 1\n", i);
    assert_int_equal(run_text(&cfg, ut_buf_str(&text), text.len, &err), UT_ELIMIT);
    assert_int_equal(xm_cfg_error_pos(cfg, NULL).line, XM_CFG_MAX_VARS + 1);
    xm_cfg_free(cfg);
    ut_buf_fini(&text);
}

static void test_size_limit(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    size_t len = XM_CFG_MAX_FILE_BYTES + 1;
    char *text = malloc(len);
    struct xm_cfg *cfg;

    (void)state;
    assert_non_null(text);
    memset(text, '#', len);
    assert_int_equal(run_text(&cfg, text, len, &err), UT_ELIMIT);
    xm_cfg_free(cfg);
    assert_int_equal(run_text(&cfg, text, len - 1, &err), UT_OK);
    xm_cfg_free(cfg);
    free(text);
}

/* Long is not deep: chains of operators are loops. */
static void test_long_chains(void **state)
{
    static const char *const units[] = { " + 1", " * 1", " and 1", " == 1", " < 2" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        struct ut_buf text = UT_BUF_INIT;
        struct ut_err err = UT_ERR_INIT;
        struct xm_cfg *cfg;

        ut_buf_adds(&text, "x = 1");
        for (unsigned k = 0; k < 50000; k++)
            ut_buf_adds(&text, units[i]);
        if (run_text(&cfg, ut_buf_str(&text), text.len, &err))
            fail_msg("%s: %s", units[i], err.text);
        xm_cfg_free(cfg);
        ut_buf_fini(&text);
    }
}

static void test_not_terminated_text(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    char *exact = malloc(5);        /* sanitizers see a byte too far */
    struct xm_cfg *cfg;

    (void)state;
    assert_non_null(exact);
    memcpy(exact, "x = 1", 5);
    assert_int_equal(run_text(&cfg, exact, 5, &err), UT_OK);
    xm_cfg_free(cfg);
    memcpy(exact, "x='\\x", 5);
    assert_int_equal(run_text(&cfg, exact, 5, &err), UT_EFORMAT);
    xm_cfg_free(cfg);
    free(exact);
}

static void test_reads_and_places(void **state)
{
    static const char text[] = "helper = 1\nmemory = helper\nunread = 2\nunread += 1\n";
    struct ut_err err = UT_ERR_INIT;
    struct xm_cfg *cfg;
    size_t len;

    (void)state;
    assert_int_equal(run_text(&cfg, text, strlen(text), &err), UT_OK);
    assert_int_equal(xm_cfg_nr_vars(cfg), 3);
    assert_true(xm_cfg_find(cfg, "helper")->read);
    assert_false(xm_cfg_find(cfg, "unread")->read);
    assert_int_equal(xm_cfg_find(cfg, "unread")->pos.line, 4);
    assert_null(xm_cfg_find(cfg, "nosuch"));
    assert_null(xm_cfg_var_at(cfg, 3));
    assert_memory_equal(xm_cfg_line(cfg, 2, &len), "memory = helper", 15);
    assert_int_equal(len, 15);
    xm_cfg_line(cfg, 9, &len);
    assert_int_equal(len, 0);
    xm_cfg_free(cfg);
}

static void test_defines(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct xm_cfg *cfg = xm_cfg_new("t");
    static const char text[] = "x = int(vmid) + 1\n";

    (void)state;
    assert_non_null(cfg);
    assert_int_equal(xm_cfg_define(cfg, "vmid", "41", &err), UT_OK);
    assert_int_equal(xm_cfg_run(cfg, text, strlen(text), &err), UT_OK);
    assert_int_equal(xm_cfg_find(cfg, "x")->value->u.i, 42);
    assert_int_equal(xm_cfg_find(cfg, "vmid")->pos.line, 0);
    xm_cfg_free(cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expressions),       cmocka_unit_test(test_programs),
        cmocka_unit_test(test_failures),          cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_too_many_variables), cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_long_chains),       cmocka_unit_test(test_not_terminated_text),
        cmocka_unit_test(test_reads_and_places),  cmocka_unit_test(test_defines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
