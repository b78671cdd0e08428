/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c: mini-ia64, a small kernel for Itanium that runs unchanged on the bare processor and
 * paravirtualized on Xen.
 */
#include "xen.h"

const struct pv_ops *pv;
uint64_t boot_param_pa;
unsigned privilege_level;

void kernel_main(uint64_t r28, uint64_t level) __attribute__((noreturn));

static void banner(void)
{
    printf("\nmini-ia64 %s\n", MINI_VERSION);
    if (privilege_level)
        xen_describe();
    else
        printf("%s\n", pv->world);
    printf("command line: %s\n", firmware_cmdline());
}

/* Everything that is tried and told at boot. */
static void look_around(void)
{
    banner();
    firmware_init();
    memory_init();
    user_init();
    user_test();
    shell_run("time;cpu;mem");
    if (privilege_level) xenstore_init();
}

void kernel_main(uint64_t r28, uint64_t level)
{
    const char *script;

    boot_param_pa = r28;
    privilege_level = (unsigned)level;
    pv = level ? &pv_xen : &pv_native;
    time_init();
    firmware_find();
    pv->init();
    console_mute(cmdline_word(firmware_cmdline(), "mini.quiet") != NULL);
    look_around();
    console_mute(false);
    pv->irq_on();

    printf("mini-ia64 ready\n");
    script = cmdline_word(firmware_cmdline(), "mini.run");
    if (script) shell_run(script);
    if (script || cmdline_word(firmware_cmdline(), "mini.exit")) shell_run("halt");
    shell();
}
