/* Loads our modules in 20 interpreters, one after the other, in one process: interpreters [INCLUDE DIRECTORY]... */
#include <EXTERN.h>
#include <perl.h>

EXTERN_C void boot_DynaLoader(pTHX_ CV *cv);

static void load_xs(pTHX) { newXS("DynaLoader::boot_DynaLoader", boot_DynaLoader, __FILE__); }

static const char script[] =
    "use AliEn::PoD;"
    "my $publisher = AliEn::PoD::Publisher->new("
    "    master_job_id => 7, address => 'a.example:1', destinations => ['127.0.0.1:9']);"
    "$publisher->publish == 1 or die 'not published';"
    "eval { AliEn::PoD::Publisher->new(wanted => 'many'); 1 } and die 'not refused';"
    "$@->code == 64 or die $@;"
    "eval { AliEn::PoD::Watcher->new(repository => 'http://127.0.0.1:1')->check; 1 } and die 'nobody is there';"
    "$@->code == 69 or die $@;"
    "our $kept = $publisher;";

int main(int argc, char **argv, char **environment)
{
    char *arguments[16] = {(char *)""};
    int count = 1, round, status = 0;
    for (; count < argc && count < 14; count++)
        arguments[count] = argv[count];
    arguments[count++] = (char *)"-e";
    arguments[count++] = (char *)script;
    arguments[count] = NULL;

    PERL_SYS_INIT3(&argc, &argv, &environment);
    for (round = 0; round < 20 && status == 0; round++) {
        PerlInterpreter *my_perl = perl_alloc();
        perl_construct(my_perl);
        PL_exit_flags |= PERL_EXIT_DESTRUCT_END;
        PL_perl_destruct_level = 1;
        status = perl_parse(my_perl, load_xs, count, arguments, NULL);
        if (status == 0)
            status = perl_run(my_perl);
        status |= perl_destruct(my_perl);
        perl_free(my_perl);
    }
    PERL_SYS_TERM();
    printf("%d interpreters\n", round);
    return status != 0;
}
